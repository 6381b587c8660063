# Binary trees: many small instances, recursion, a long-lived tree beside short-lived ones.


class Tree:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left = left
        self.right = right


def bottom_up(depth):
    if depth == 0:
        return Tree(None, None)
    else:
        return Tree(bottom_up(depth - 1), bottom_up(depth - 1))


def check(tree):
    return 1 if tree.left is None else 1 + check(tree.left) + check(tree.right)


def main():
    depth_max = 13
    print(check(bottom_up(depth_max + 1)))
    long_lived = bottom_up(depth_max)
    depth = depth_max
    count = 16
    while depth >= 4:
        total = 0
        for i in range(count):
            total += check(bottom_up(depth))
        print(count, depth, total)
        depth -= 3
        count *= 8
    print(check(long_lived))


main()
