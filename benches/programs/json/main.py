# A JSON parser written in the language reads a document of about 1 MB that the program makes up first.

WORDS = ["time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child", "world"]


class Random:
    __slots__ = ("seed",)

    def __init__(self, seed):
        self.seed = seed

    def next(self, limit):
        self.seed = self.seed * 16807 % 2147483647
        return self.seed % limit

    def word(self):
        return WORDS[self.next(11)]


def make_note(random):
    kind = random.next(3)
    if kind == 0:
        return 'null'
    elif kind == 1:
        return '"the ' + random.word() + ' of the ' + random.word() + ' and the ' + random.word() + ' of a ' + random.word() + '"'
    else:
        return '"a \\"' + random.word() + '\\"\\n\\tin a \\u0041\\\\' + random.word() + '"'


def make_record(i, random):
    tags = []
    for j in range(random.next(4) + 1):
        tags.append('"' + random.word() + '"')
    parts = [
        '  {"id": ' + str(i),
        '"name": "' + random.word() + ' ' + random.word() + '"',
        '"active": ' + ('true' if random.next(2) == 0 else 'false'),
        '"score": ' + str(random.next(1000)) + '.25',
        '"tags": [' + ', '.join(tags) + ']',
        '"position": {"x": -' + str(random.next(500)) + '.5, "y": ' + str(random.next(90)) + 'e2}',
        '"note": ' + make_note(random) + '}',
    ]
    return ', '.join(parts)


def make_document(n):
    random = Random(42)
    records = []
    for i in range(n):
        records.append(make_record(i, random))
    return "[\n" + ",\n".join(records) + "\n]\n"


ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\"": "\"", "\\": "\\", "/": "/"}


class Parser:
    __slots__ = ("text", "position")

    def __init__(self, text):
        # The line end spares every loop below a test for the end of the text.
        self.text = text + "\n"
        self.position = 0

    def parse(self):
        result = self.value()
        self.skip_space()
        if self.position < len(self.text):
            self.fail("unexpected text")
        return result

    def fail(self, message):
        raise ValueError(f"{message} at {self.position}")

    def skip_space(self):
        text = self.text
        size = len(text)
        i = self.position
        while i < size and (text[i] == " " or text[i] == "\n" or text[i] == "\r" or text[i] == "\t"):
            i += 1
        self.position = i

    def value(self):
        self.skip_space()
        c = self.text[self.position]
        if c == "\"":
            return self.string()
        elif c == "{":
            return self.object()
        elif c == "[":
            return self.array()
        elif c == "t":
            return self.word("true", True)
        elif c == "f":
            return self.word("false", False)
        elif c == "n":
            return self.word("null", None)
        else:
            return self.number()

    def word(self, word, value):
        stop = self.position + len(word)
        if self.text[self.position:stop] != word:
            self.fail("unknown word")
        self.position = stop
        return value

    def number(self):
        text = self.text
        start = self.position
        i = start
        is_float = False
        c = text[i]
        while (c >= "0" and c <= "9") or c == "-" or c == "." or c == "e" or c == "E" or c == "+":
            if c == "." or c == "e" or c == "E":
                is_float = True
            i += 1
            c = text[i]
        if i == start:
            self.fail("expected a value")
        self.position = i
        return float(text[start:i]) if is_float else int(text[start:i])

    def string(self):
        text = self.text
        start = self.position + 1
        i = start
        while text[i] != "\"" and text[i] != "\\":
            i += 1
        self.position = i + 1
        if text[i] == "\"":
            return text[start:i]
        pieces = [text[start:i]]
        while text[i] != "\"":
            if text[i] == "\\":
                if text[i + 1] == "u":
                    pieces.append(chr(int(text[i + 2:i + 6], 16)))
                    i += 6
                else:
                    pieces.append(ESCAPES[text[i + 1]])
                    i += 2
            start = i
            while text[i] != "\"" and text[i] != "\\":
                i += 1
            pieces.append(text[start:i])
        self.position = i + 1
        return "".join(pieces)

    def array(self):
        items = []
        self.position += 1
        self.skip_space()
        if self.text[self.position] == "]":
            self.position += 1
            return items
        while True:
            items.append(self.value())
            self.skip_space()
            c = self.text[self.position]
            self.position += 1
            if c == "]":
                return items
            if c != ",":
                self.fail("expected , or ]")

    def object(self):
        entries = {}
        self.position += 1
        self.skip_space()
        if self.text[self.position] == "}":
            self.position += 1
            return entries
        while True:
            self.skip_space()
            if self.text[self.position] != "\"":
                self.fail("expected a key")
            key = self.string()
            self.skip_space()
            if self.text[self.position] != ":":
                self.fail("expected :")
            self.position += 1
            entries[key] = self.value()
            self.skip_space()
            c = self.text[self.position]
            self.position += 1
            if c == "}":
                return entries
            if c != ",":
                self.fail("expected , or }")


class Totals:
    __slots__ = ("nulls", "trues", "sum", "letters", "lists", "maps")

    def __init__(self):
        self.nulls = 0
        self.trues = 0
        self.sum = 0
        self.letters = 0
        self.lists = 0
        self.maps = 0

    def count(self, value):
        if value is None:
            self.nulls += 1
        elif value is True:
            self.trues += 1
        elif value is False:
            return
        elif isinstance(value, int):
            self.sum += value
        elif isinstance(value, float):
            self.sum += value
        elif isinstance(value, str):
            self.letters += len(value)
        elif isinstance(value, list):
            self.lists += 1
            for item in value:
                self.count(item)
        else:
            self.maps += 1
            for key, item in value.items():
                self.letters += len(key)
                self.count(item)


def main():
    document = make_document(6500)
    print(len(document))
    value = Parser(document).parse()
    totals = Totals()
    totals.count(value)
    print(totals.nulls, totals.trues, int(totals.sum * 4), totals.letters, totals.lists, totals.maps)


main()
