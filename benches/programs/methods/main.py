# Methods: one receiver class, a `super` call, then four classes at one call site.


class Counter:
    __slots__ = ("count",)

    def __init__(self):
        self.count = 0

    def add(self, n):
        self.count += n
        return self

    def value(self):
        return self.count


class WrappingCounter(Counter):
    __slots__ = ("limit",)

    def __init__(self, limit):
        super().__init__()
        self.limit = limit

    def add(self, n):
        super().add(n)
        if self.count >= self.limit:
            self.count -= self.limit
        return self


class Shape:
    __slots__ = ()

    def weight(self):
        return self.area() * 2 + 1


class Square(Shape):
    __slots__ = ("side",)

    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side * self.side

    def grow(self, n):
        self.side = (self.side + n) % 50


class Rectangle(Shape):
    __slots__ = ("width", "height")

    def __init__(self, width, height):
        self.width = width
        self.height = height

    def area(self):
        return self.width * self.height

    def grow(self, n):
        self.width = (self.width + n) % 60


class Triangle(Shape):
    __slots__ = ("base", "height")

    def __init__(self, base, height):
        self.base = base
        self.height = height

    def area(self):
        return self.base * self.height * 0.5

    def grow(self, n):
        self.height = (self.height + n) % 70


class Diamond(Shape):
    __slots__ = ("radius",)

    def __init__(self, radius):
        self.radius = radius

    def area(self):
        return 2 * self.radius * self.radius

    def grow(self, n):
        self.radius = (self.radius + n) % 40


def one_class(n):
    counter = Counter()
    for i in range(n):
        counter.add(i).add(1)
    return counter.value()


def with_super(n):
    counter = WrappingCounter(1000)
    total = 0
    for i in range(n):
        total += counter.add(i % 10).value()
    return total


def mixed_shapes(n):
    shapes = []
    seed = 42
    for i in range(n):
        seed = seed * 16807 % 2147483647
        kind = seed % 4
        if kind == 0:
            shapes.append(Square(i % 7))
        elif kind == 1:
            shapes.append(Rectangle(i % 5, 3))
        elif kind == 2:
            shapes.append(Triangle(i % 9, 4))
        else:
            shapes.append(Diamond(i % 3))
    return shapes


def four_classes(shapes, rounds):
    total = 0.0
    for round in range(rounds):
        for shape in shapes:
            shape.grow(round)
            total += shape.weight()
    return total


def main():
    print(one_class(800000))
    print(with_super(500000))
    print(int(four_classes(mixed_shapes(1000), 400)))


main()
