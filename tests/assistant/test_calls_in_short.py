from assistant.calls_in_short import in_short


def test_arguments_are_said_in_short() -> None:
    assert in_short({"source": "a", "destination": "b", "http": "GET /x"}) == "a \u2192 b GET /x"
    assert in_short({"names": ["x"], "empty": ""}) == "['x']"
    assert len(in_short({"text": "y" * 500})) == 70
