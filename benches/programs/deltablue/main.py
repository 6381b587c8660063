# An incremental constraint solver (the DeltaBlue algorithm of Freeman-Benson and Maloney): class hierarchies,
# methods that subclasses override, lists, and a variable of the module.


class Strength:
    __slots__ = ("level", "name")

    def __init__(self, level, name):
        self.level = level
        self.name = name

    def is_stronger(self, other):
        return self.level < other.level

    def is_weaker(self, other):
        return self.level > other.level

    def weakest(self, other):
        return self if self.is_weaker(other) else other


REQUIRED = Strength(0, "required")
STRONG_PREFERRED = Strength(1, "strong preferred")
PREFERRED = Strength(2, "preferred")
STRONG_DEFAULT = Strength(3, "strong default")
NORMAL = Strength(4, "normal")
WEAK_DEFAULT = Strength(5, "weak default")
WEAKEST = Strength(6, "weakest")

STRENGTHS = [REQUIRED, STRONG_PREFERRED, PREFERRED, STRONG_DEFAULT, NORMAL, WEAK_DEFAULT, WEAKEST]

NONE = 0
FORWARD = 1
BACKWARD = 2

planner = None


class Variable:
    __slots__ = ("value", "constraints", "determined_by", "mark", "walk_strength", "stays")

    def __init__(self, value):
        self.value = value
        self.constraints = []
        self.determined_by = None
        self.mark = 0
        self.walk_strength = WEAKEST
        self.stays = True

    def add(self, constraint):
        self.constraints.append(constraint)

    def remove(self, constraint):
        kept = []
        for other in self.constraints:
            if other is not constraint:
                kept.append(other)
        self.constraints = kept
        if self.determined_by is constraint:
            self.determined_by = None


class Constraint:
    __slots__ = ("strength",)

    def __init__(self, strength):
        self.strength = strength

    def is_input(self):
        return False

    def add(self):
        self.add_to_graph()
        planner.incremental_add(self)

    def destroy(self):
        if self.is_satisfied():
            planner.incremental_remove(self)
        else:
            self.remove_from_graph()

    def satisfy(self, mark):
        """Tries to find a way to enforce this constraint; gives the constraint that had to yield to it, if any."""
        self.choose_method(mark)
        if not self.is_satisfied():
            assert self.strength is not REQUIRED, "could not satisfy a required constraint"
            return None
        self.mark_inputs(mark)
        out = self.output()
        overridden = out.determined_by
        if overridden is not None:
            overridden.mark_unsatisfied()
        out.determined_by = self
        assert planner.add_propagate(self, mark), "cycle"
        out.mark = mark
        return overridden


class UnaryConstraint(Constraint):
    __slots__ = ("variable", "satisfied")

    def __init__(self, variable, strength):
        super().__init__(strength)
        self.variable = variable
        self.satisfied = False
        self.add()

    def add_to_graph(self):
        self.variable.add(self)
        self.satisfied = False

    def remove_from_graph(self):
        self.variable.remove(self)
        self.satisfied = False

    def choose_method(self, mark):
        self.satisfied = self.variable.mark != mark and self.strength.is_stronger(self.variable.walk_strength)

    def is_satisfied(self):
        return self.satisfied

    def mark_unsatisfied(self):
        self.satisfied = False

    def mark_inputs(self, mark):
        return None

    def inputs_known(self, mark):
        return True

    def output(self):
        return self.variable

    def recalculate(self):
        self.variable.walk_strength = self.strength
        self.variable.stays = not self.is_input()
        if self.variable.stays:
            self.execute()


class StayConstraint(UnaryConstraint):
    __slots__ = ()

    def execute(self):
        return None


class EditConstraint(UnaryConstraint):
    __slots__ = ()

    def is_input(self):
        return True

    def execute(self):
        return None


class BinaryConstraint(Constraint):
    __slots__ = ("first", "second", "direction")

    def __init__(self, first, second, strength):
        super().__init__(strength)
        self.first = first
        self.second = second
        self.direction = NONE
        self.add()

    def add_to_graph(self):
        self.first.add(self)
        self.second.add(self)
        self.direction = NONE

    def remove_from_graph(self):
        self.first.remove(self)
        self.second.remove(self)
        self.direction = NONE

    def choose_method(self, mark):
        first = self.first
        second = self.second
        if first.mark == mark:
            possible = second.mark != mark and self.strength.is_stronger(second.walk_strength)
            self.direction = FORWARD if possible else NONE
        elif second.mark == mark:
            possible = first.mark != mark and self.strength.is_stronger(first.walk_strength)
            self.direction = BACKWARD if possible else NONE
        elif first.walk_strength.is_weaker(second.walk_strength):
            self.direction = BACKWARD if self.strength.is_stronger(first.walk_strength) else NONE
        else:
            self.direction = FORWARD if self.strength.is_stronger(second.walk_strength) else NONE

    def is_satisfied(self):
        return self.direction != NONE

    def mark_unsatisfied(self):
        self.direction = NONE

    def mark_inputs(self, mark):
        self.input().mark = mark

    def inputs_known(self, mark):
        variable = self.input()
        return variable.mark == mark or variable.stays or variable.determined_by is None

    def input(self):
        return self.first if self.direction == FORWARD else self.second

    def output(self):
        return self.second if self.direction == FORWARD else self.first

    def recalculate(self):
        source = self.input()
        out = self.output()
        out.walk_strength = self.strength.weakest(source.walk_strength)
        out.stays = source.stays
        if out.stays:
            self.execute()


class EqualityConstraint(BinaryConstraint):
    __slots__ = ()

    def execute(self):
        self.output().value = self.input().value


class ScaleConstraint(BinaryConstraint):
    """Keeps `second == first * scale + offset`."""

    __slots__ = ("scale", "offset")

    def __init__(self, first, scale, offset, second, strength):
        self.scale = scale
        self.offset = offset
        super().__init__(first, second, strength)

    def add_to_graph(self):
        super().add_to_graph()
        self.scale.add(self)
        self.offset.add(self)

    def remove_from_graph(self):
        super().remove_from_graph()
        self.scale.remove(self)
        self.offset.remove(self)

    def mark_inputs(self, mark):
        super().mark_inputs(mark)
        self.scale.mark = mark
        self.offset.mark = mark

    def execute(self):
        if self.direction == FORWARD:
            self.second.value = self.first.value * self.scale.value + self.offset.value
        else:
            self.first.value = (self.second.value - self.offset.value) / self.scale.value

    def recalculate(self):
        source = self.input()
        out = self.output()
        out.walk_strength = self.strength.weakest(source.walk_strength)
        out.stays = source.stays and self.scale.stays and self.offset.stays
        if out.stays:
            self.execute()


class Planner:
    __slots__ = ("mark",)

    def __init__(self):
        self.mark = 0

    def mark_next(self):
        self.mark += 1
        return self.mark

    def incremental_add(self, constraint):
        mark = self.mark_next()
        overridden = constraint.satisfy(mark)
        while overridden is not None:
            overridden = overridden.satisfy(mark)

    def incremental_remove(self, constraint):
        out = constraint.output()
        constraint.mark_unsatisfied()
        constraint.remove_from_graph()
        unsatisfied = self.remove_propagate_from(out)
        for strength in STRENGTHS:
            for other in unsatisfied:
                if other.strength is strength:
                    self.incremental_add(other)

    def make_plan(self, sources):
        """The constraints to execute, in order, when the given input constraints change their variables."""
        mark = self.mark_next()
        plan = []
        todo = sources
        while len(todo) > 0:
            constraint = todo.pop()
            if constraint.output().mark != mark and constraint.inputs_known(mark):
                plan.append(constraint)
                constraint.output().mark = mark
                self.add_consumers(constraint.output(), todo)
        return plan

    def extract_plan(self, constraints):
        sources = []
        for constraint in constraints:
            if constraint.is_input() and constraint.is_satisfied():
                sources.append(constraint)
        return self.make_plan(sources)

    def add_propagate(self, constraint, mark):
        """Recomputes what follows from a constraint; false if that leads back to it."""
        todo = [constraint]
        while len(todo) > 0:
            next = todo.pop()
            if next.output().mark == mark:
                self.incremental_remove(constraint)
                return False
            next.recalculate()
            self.add_consumers(next.output(), todo)
        return True

    def remove_propagate_from(self, out):
        out.determined_by = None
        out.walk_strength = WEAKEST
        out.stays = True
        unsatisfied = []
        todo = [out]
        while len(todo) > 0:
            variable = todo.pop()
            for constraint in variable.constraints:
                if not constraint.is_satisfied():
                    unsatisfied.append(constraint)
            determining = variable.determined_by
            for constraint in variable.constraints:
                if constraint is not determining and constraint.is_satisfied():
                    constraint.recalculate()
                    todo.append(constraint.output())
        return unsatisfied

    def add_consumers(self, variable, list):
        determining = variable.determined_by
        for constraint in variable.constraints:
            if constraint is not determining and constraint.is_satisfied():
                list.append(constraint)


def execute(plan):
    for constraint in plan:
        constraint.execute()


def change(variable, value):
    edit = EditConstraint(variable, PREFERRED)
    plan = planner.extract_plan([edit])
    for i in range(10):
        variable.value = value
        execute(plan)
    edit.destroy()


def chain(n):
    """A long chain of equalities: the worst case for adding, the best case for executing a plan."""
    global planner
    planner = Planner()
    first = Variable(0)
    last = first
    for i in range(n):
        next = Variable(0)
        EqualityConstraint(last, next, REQUIRED)
        last = next
    StayConstraint(last, STRONG_DEFAULT)
    edit = EditConstraint(first, PREFERRED)
    plan = planner.extract_plan([edit])
    for i in range(100):
        first.value = i
        execute(plan)
        assert last.value == i, "chain"
    edit.destroy()
    return planner.mark


def projection(n):
    """Many pairs that share a scale and an offset: one change reaches all of them."""
    global planner
    planner = Planner()
    scale = Variable(10)
    offset = Variable(1000)
    source = None
    target = None
    targets = []
    for i in range(n):
        source = Variable(i)
        target = Variable(i)
        targets.append(target)
        StayConstraint(source, NORMAL)
        ScaleConstraint(source, scale, offset, target, REQUIRED)
    change(source, 17)
    assert target.value == 1170, "projection 1"
    change(target, 1050)
    assert source.value == 5, "projection 2"
    change(scale, 5)
    for i in range(n - 1):
        assert targets[i].value == i * 5 + 1000, "projection 3"
    change(offset, 2000)
    for i in range(n - 1):
        assert targets[i].value == i * 5 + 2000, "projection 4"
    return planner.mark


def main():
    for round in range(2):
        print(chain(3000), projection(3000))


main()
