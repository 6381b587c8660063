# Finds the loops of a control flow graph (Havlak, "Nesting of Reducible and Irreducible Loops"): graphs of
# instances, recursion, union-find, lists, sets and maps with instances as keys.

import sys

UNVISITED = -1

KIND_OTHER = 0
KIND_SELF = 1
KIND_REDUCIBLE = 2
KIND_IRREDUCIBLE = 3


class Block:
    __slots__ = ("name", "in_edges", "out_edges")

    def __init__(self, name):
        self.name = name
        self.in_edges = []
        self.out_edges = []


class Graph:
    __slots__ = ("blocks",)

    def __init__(self):
        self.blocks = []

    def block(self):
        block = Block(len(self.blocks))
        self.blocks.append(block)
        return block

    def connect(self, from_block, to_block):
        from_block.out_edges.append(to_block)
        to_block.in_edges.append(from_block)

    def straight(self, start, n):
        """Adds `n` blocks in a row after `start` and gives the last."""
        last = start
        for i in range(n):
            next = self.block()
            self.connect(last, next)
            last = next
        return last

    def diamond(self, start):
        """Adds a fork and a join after `start` and gives the join."""
        left = self.straight(start, 1)
        right = self.straight(start, 1)
        join = self.straight(left, 1)
        self.connect(right, join)
        return join

    def nest(self, start):
        """Adds a loop that contains two loops and gives the block behind it."""
        header = self.straight(start, 1)
        upper = self.diamond(header)
        middle = self.straight(upper, 1)
        lower = self.diamond(middle)
        footer = self.straight(lower, 1)
        self.connect(lower, middle)
        self.connect(upper, header)
        self.connect(footer, start)
        return self.straight(footer, 1)


class Loop:
    __slots__ = ("header", "is_reducible", "parent", "blocks", "children", "nesting")

    def __init__(self, header, is_reducible):
        self.header = header
        self.is_reducible = is_reducible
        self.parent = None
        self.blocks = []
        self.children = []
        self.nesting = 0

    def set_parent(self, parent):
        self.parent = parent
        parent.children.append(self)

    def nest(self, level):
        """Numbers the loops below this one and gives their sum."""
        self.nesting = level
        total = level
        for child in self.children:
            total += child.nest(level + 1)
        return total


class Node:
    """A node of the depth-first search tree, joined to others as they collapse into loops."""

    __slots__ = ("parent", "block", "number", "loop")

    def __init__(self, block, number):
        self.parent = self
        self.block = block
        self.number = number
        self.loop = None

    def find(self):
        root = self
        while root.parent is not root:
            root = root.parent
        node = self
        while node.parent is not root:
            next = node.parent
            node.parent = root
            node = next
        return root


class LoopFinder:
    __slots__ = ("numbers", "nodes", "last", "loops")

    def __init__(self, graph):
        self.numbers = {}
        self.nodes = []
        self.last = []
        self.loops = []
        for block in graph.blocks:
            self.numbers[block] = UNVISITED

    def search(self, block):
        number = len(self.nodes)
        self.numbers[block] = number
        self.nodes.append(Node(block, number))
        self.last.append(number)
        for target in block.out_edges:
            if self.numbers[target] == UNVISITED:
                self.search(target)
        self.last[number] = len(self.nodes) - 1

    def is_ancestor(self, w, v):
        return w <= v and v <= self.last[w]

    def find(self, graph):
        self.search(graph.blocks[0])
        size = len(self.nodes)
        back_edges = []
        other_edges = []
        for w in range(size):
            back = []
            other = set()
            for source in self.nodes[w].block.in_edges:
                v = self.numbers[source]
                if v != UNVISITED:
                    if self.is_ancestor(w, v):
                        back.append(v)
                    else:
                        other.add(v)
            back_edges.append(back)
            other_edges.append(other)
        w = size - 1
        while w >= 0:
            self.collapse(w, back_edges, other_edges)
            w -= 1
        return self.loops

    def collapse(self, w, back_edges, other_edges):
        kind = KIND_OTHER
        pool = []
        pooled = set()
        for v in back_edges[w]:
            if v == w:
                kind = KIND_SELF
            else:
                node = self.nodes[v].find()
                if node not in pooled:
                    pooled.add(node)
                    pool.append(node)
        if len(pool) > 0:
            kind = KIND_REDUCIBLE
        next = 0
        while next < len(pool):
            x = pool[next]
            next += 1
            for v in other_edges[x.number]:
                y = self.nodes[v].find()
                if not self.is_ancestor(w, y.number):
                    kind = KIND_IRREDUCIBLE
                    other_edges[w].add(y.number)
                elif y.number != w and y not in pooled:
                    pooled.add(y)
                    pool.append(y)
        if kind == KIND_OTHER:
            return None
        header = self.nodes[w]
        loop = Loop(header.block, kind != KIND_IRREDUCIBLE)
        self.loops.append(loop)
        header.loop = loop
        for node in pool:
            node.parent = header
            if node.loop is not None:
                node.loop.set_parent(loop)
            else:
                loop.blocks.append(node.block)


def build():
    graph = Graph()
    entry = graph.block()
    start = graph.straight(entry, 1)
    for tree in range(4):
        tail = graph.straight(start, 1)
        for i in range(20):
            top = tail
            tail = graph.straight(tail, 1)
            for j in range(10):
                tail = graph.nest(tail)
            bottom = graph.straight(tail, 1)
            graph.connect(bottom, top)
            tail = bottom
        graph.connect(tail, start)
    # A jump into the middle of the last loop nest makes it irreducible.
    graph.connect(entry, graph.blocks[len(graph.blocks) - 8])
    return graph


def main():
    graph = build()
    print(len(graph.blocks))
    for round in range(8):
        loops = LoopFinder(graph).find(graph)
        root = Loop(None, True)
        irreducible = 0
        blocks = 0
        for loop in loops:
            if loop.parent is None:
                loop.set_parent(root)
            if not loop.is_reducible:
                irreducible += 1
            blocks += len(loop.blocks)
        print(len(loops), irreducible, blocks, root.nest(0))


sys.setrecursionlimit(100000)
main()
