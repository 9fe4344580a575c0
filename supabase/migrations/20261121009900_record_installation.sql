-- The last migration of a release: takes down what all of them have made.
select private.update_installed_objects();
