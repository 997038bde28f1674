"""The suites; each module has `run(cases, ...) -> SuiteResult`."""

__all__: list[str] = []
