import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { z } from "zod";
import { ApiError } from "../../../shared/errors.ts";
import { describeFailure } from "../../../shared/jobs/describe-failure.ts";
import { LaneBusyError } from "../../../shared/jobs/lane-busy-error.ts";
import { DocumentError } from "../../../shared/knowledge/document-error.ts";
import { PermanentError } from "../../../shared/permanent-error.ts";
import { TimeLimitError } from "../../../shared/jobs/time-limit-error.ts";
import { ProviderError } from "../../../shared/providers/provider-error.ts";

let logged: MockInstance<typeof console.error>;

beforeEach(() => {
  logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
  logged.mockRestore();
});

describe("describeFailure", () => {
  test.each([
    [new PermanentError("DOCUMENT_NOT_FOUND", "m"), "DOCUMENT_NOT_FOUND", true],
    [new DocumentError("DOCUMENT_EMPTY", "m"), "DOCUMENT_EMPTY", true],
    [new ProviderError("m"), "PROVIDER_FAILED", false],
    [new ProviderError("m", { refusal: "permanent" }), "PROVIDER_FAILED", true],
    [new TimeLimitError(), "TIME_LIMIT", false],
    [new ApiError("DATABASE_TIMEOUT", "m"), "DATABASE_TIMEOUT", false],
    [new ApiError("CHUNKS_INCOMPLETE", "m"), "CHUNKS_INCOMPLETE", false],
  ])("passes on the message of %s", (error, code, is_permanent) => {
    expect(describeFailure(error)).toEqual({ code, message: error.message, is_permanent });
    expect(logged).not.toHaveBeenCalled();
  });

  test.each(
    [
      ["rate_limited", 7, "PROVIDER_RATE_LIMITED", 7],
      ["rate_limited", null, "PROVIDER_RATE_LIMITED", null],
      ["unauthorized", null, "PROVIDER_UNAUTHORIZED", 300],
    ] as const,
  )("defers a job that was refused as %s (%s)", (refusal, retryAfterSeconds, code, seconds) => {
    const error = new ProviderError("m", { refusal, retryAfterSeconds });

    expect(describeFailure(error)).toEqual({
      code,
      message: "m",
      is_permanent: false,
      defer: { seconds, scope: "lane" },
    });
  });

  test("leaves it to the lane when a job that it has no budget for goes on: nobody has refused", () => {
    expect(describeFailure(new LaneBusyError())).toMatchObject({
      code: "PROVIDER_RATE_LIMITED",
      defer: { seconds: 1, scope: "job" },
    });
  });

  test("calls a job that no schema knows permanent", () => {
    const { error } = z.string().safeParse(1);

    expect(describeFailure(error)).toMatchObject({ code: "JOB_UNKNOWN", is_permanent: true });
  });

  test.each([[new Error("relation secret does not exist")], ["secret"], [null], [undefined]])(
    "keeps %s from the user, and logs it in one bounded line",
    (error) => {
      expect(describeFailure(error)).toEqual({
        code: "INTERNAL_ERROR",
        message: "Something went wrong on our side",
        is_permanent: false,
      });
      expect(logged).toHaveBeenCalledTimes(1);
      expect(JSON.parse(logged.mock.calls[0]![0] as string).event).toBe("unexpected_error");
    },
  );

  test("cuts a long error in the log", () => {
    describeFailure(new Error("x\n".repeat(1_000_000)));

    const line = logged.mock.calls[0]![0] as string;
    expect(line.length).toBeLessThan(10_000);
    expect(line).not.toContain("\n");
  });
});
