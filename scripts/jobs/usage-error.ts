/** The command line asks for something that cannot be: the program ends with 2 and its usage. */
export class UsageError extends Error {}
