-- An incremental constraint solver (the DeltaBlue algorithm of Freeman-Benson and Maloney): class hierarchies,
-- methods that subclasses override, lists, and an upvalue shared by all.

local function class(base)
    local new_class = setmetatable({}, { __index = base })
    new_class.__index = new_class
    return new_class
end

local Strength = class()

function Strength.new(level, name)
    return setmetatable({ level = level, name = name }, Strength)
end

function Strength:is_stronger(other)
    return self.level < other.level
end

function Strength:is_weaker(other)
    return self.level > other.level
end

function Strength:weakest(other)
    if self:is_weaker(other) then return self else return other end
end

local REQUIRED = Strength.new(0, "required")
local STRONG_PREFERRED = Strength.new(1, "strong preferred")
local PREFERRED = Strength.new(2, "preferred")
local STRONG_DEFAULT = Strength.new(3, "strong default")
local NORMAL = Strength.new(4, "normal")
local WEAK_DEFAULT = Strength.new(5, "weak default")
local WEAKEST = Strength.new(6, "weakest")

local STRENGTHS = { REQUIRED, STRONG_PREFERRED, PREFERRED, STRONG_DEFAULT, NORMAL, WEAK_DEFAULT, WEAKEST }

local NONE = 0
local FORWARD = 1
local BACKWARD = 2

local planner = nil

local Variable = class()

function Variable.new(value)
    return setmetatable({
        value = value,
        constraints = {},
        determined_by = nil,
        mark = 0,
        walk_strength = WEAKEST,
        stays = true,
    }, Variable)
end

function Variable:add(constraint)
    self.constraints[#self.constraints + 1] = constraint
end

function Variable:remove(constraint)
    local kept = {}
    for i = 1, #self.constraints do
        local other = self.constraints[i]
        if other ~= constraint then kept[#kept + 1] = other end
    end
    self.constraints = kept
    if self.determined_by == constraint then self.determined_by = nil end
end

local Constraint = class()

function Constraint:init(strength)
    self.strength = strength
end

function Constraint:is_input()
    return false
end

function Constraint:add()
    self:add_to_graph()
    planner:incremental_add(self)
end

function Constraint:destroy()
    if self:is_satisfied() then
        planner:incremental_remove(self)
    else
        self:remove_from_graph()
    end
end

-- Tries to find a way to enforce this constraint; gives the constraint that had to yield to it, if any.
function Constraint:satisfy(mark)
    self:choose_method(mark)
    if not self:is_satisfied() then
        assert(self.strength ~= REQUIRED, "could not satisfy a required constraint")
        return nil
    end
    self:mark_inputs(mark)
    local out = self:output()
    local overridden = out.determined_by
    if overridden ~= nil then overridden:mark_unsatisfied() end
    out.determined_by = self
    assert(planner:add_propagate(self, mark), "cycle")
    out.mark = mark
    return overridden
end

local UnaryConstraint = class(Constraint)

function UnaryConstraint:init(variable, strength)
    Constraint.init(self, strength)
    self.variable = variable
    self:add()
end

function UnaryConstraint:add_to_graph()
    self.variable:add(self)
    self.satisfied = false
end

function UnaryConstraint:remove_from_graph()
    self.variable:remove(self)
    self.satisfied = false
end

function UnaryConstraint:choose_method(mark)
    self.satisfied = self.variable.mark ~= mark and self.strength:is_stronger(self.variable.walk_strength)
end

function UnaryConstraint:is_satisfied()
    return self.satisfied
end

function UnaryConstraint:mark_unsatisfied()
    self.satisfied = false
end

function UnaryConstraint:mark_inputs(mark)
    return nil
end

function UnaryConstraint:inputs_known(mark)
    return true
end

function UnaryConstraint:output()
    return self.variable
end

function UnaryConstraint:recalculate()
    self.variable.walk_strength = self.strength
    self.variable.stays = not self:is_input()
    if self.variable.stays then self:execute() end
end

local StayConstraint = class(UnaryConstraint)

function StayConstraint.new(variable, strength)
    local self = setmetatable({ satisfied = false }, StayConstraint)
    self:init(variable, strength)
    return self
end

function StayConstraint:execute()
    return nil
end

local EditConstraint = class(UnaryConstraint)

function EditConstraint.new(variable, strength)
    local self = setmetatable({ satisfied = false }, EditConstraint)
    self:init(variable, strength)
    return self
end

function EditConstraint:is_input()
    return true
end

function EditConstraint:execute()
    return nil
end

local BinaryConstraint = class(Constraint)

function BinaryConstraint:init(first, second, strength)
    Constraint.init(self, strength)
    self.first = first
    self.second = second
    self:add()
end

function BinaryConstraint:add_to_graph()
    self.first:add(self)
    self.second:add(self)
    self.direction = NONE
end

function BinaryConstraint:remove_from_graph()
    self.first:remove(self)
    self.second:remove(self)
    self.direction = NONE
end

function BinaryConstraint:choose_method(mark)
    local first = self.first
    local second = self.second
    if first.mark == mark then
        local possible = second.mark ~= mark and self.strength:is_stronger(second.walk_strength)
        if possible then self.direction = FORWARD else self.direction = NONE end
    elseif second.mark == mark then
        local possible = first.mark ~= mark and self.strength:is_stronger(first.walk_strength)
        if possible then self.direction = BACKWARD else self.direction = NONE end
    elseif first.walk_strength:is_weaker(second.walk_strength) then
        if self.strength:is_stronger(first.walk_strength) then self.direction = BACKWARD else self.direction = NONE end
    else
        if self.strength:is_stronger(second.walk_strength) then self.direction = FORWARD else self.direction = NONE end
    end
end

function BinaryConstraint:is_satisfied()
    return self.direction ~= NONE
end

function BinaryConstraint:mark_unsatisfied()
    self.direction = NONE
end

function BinaryConstraint:mark_inputs(mark)
    self:input().mark = mark
end

function BinaryConstraint:inputs_known(mark)
    local variable = self:input()
    return variable.mark == mark or variable.stays or variable.determined_by == nil
end

function BinaryConstraint:input()
    if self.direction == FORWARD then return self.first else return self.second end
end

function BinaryConstraint:output()
    if self.direction == FORWARD then return self.second else return self.first end
end

function BinaryConstraint:recalculate()
    local source = self:input()
    local out = self:output()
    out.walk_strength = self.strength:weakest(source.walk_strength)
    out.stays = source.stays
    if out.stays then self:execute() end
end

local EqualityConstraint = class(BinaryConstraint)

function EqualityConstraint.new(first, second, strength)
    local self = setmetatable({ direction = NONE }, EqualityConstraint)
    self:init(first, second, strength)
    return self
end

function EqualityConstraint:execute()
    self:output().value = self:input().value
end

-- Keeps `second == first * scale + offset`.
local ScaleConstraint = class(BinaryConstraint)

function ScaleConstraint.new(first, scale, offset, second, strength)
    local self = setmetatable({ direction = NONE }, ScaleConstraint)
    self:init(first, scale, offset, second, strength)
    return self
end

function ScaleConstraint:init(first, scale, offset, second, strength)
    self.scale = scale
    self.offset = offset
    BinaryConstraint.init(self, first, second, strength)
end

function ScaleConstraint:add_to_graph()
    BinaryConstraint.add_to_graph(self)
    self.scale:add(self)
    self.offset:add(self)
end

function ScaleConstraint:remove_from_graph()
    BinaryConstraint.remove_from_graph(self)
    self.scale:remove(self)
    self.offset:remove(self)
end

function ScaleConstraint:mark_inputs(mark)
    BinaryConstraint.mark_inputs(self, mark)
    self.scale.mark = mark
    self.offset.mark = mark
end

function ScaleConstraint:execute()
    if self.direction == FORWARD then
        self.second.value = self.first.value * self.scale.value + self.offset.value
    else
        self.first.value = (self.second.value - self.offset.value) / self.scale.value
    end
end

function ScaleConstraint:recalculate()
    local source = self:input()
    local out = self:output()
    out.walk_strength = self.strength:weakest(source.walk_strength)
    out.stays = source.stays and self.scale.stays and self.offset.stays
    if out.stays then self:execute() end
end

local Planner = class()

function Planner.new()
    return setmetatable({ mark = 0 }, Planner)
end

function Planner:mark_next()
    self.mark = self.mark + 1
    return self.mark
end

function Planner:incremental_add(constraint)
    local mark = self:mark_next()
    local overridden = constraint:satisfy(mark)
    while overridden ~= nil do overridden = overridden:satisfy(mark) end
end

function Planner:incremental_remove(constraint)
    local out = constraint:output()
    constraint:mark_unsatisfied()
    constraint:remove_from_graph()
    local unsatisfied = self:remove_propagate_from(out)
    for s = 1, #STRENGTHS do
        local strength = STRENGTHS[s]
        for i = 1, #unsatisfied do
            local other = unsatisfied[i]
            if other.strength == strength then self:incremental_add(other) end
        end
    end
end

-- The constraints to execute, in order, when the given input constraints change their variables.
function Planner:make_plan(sources)
    local mark = self:mark_next()
    local plan = {}
    local todo = sources
    while #todo > 0 do
        local constraint = todo[#todo]
        todo[#todo] = nil
        if constraint:output().mark ~= mark and constraint:inputs_known(mark) then
            plan[#plan + 1] = constraint
            constraint:output().mark = mark
            self:add_consumers(constraint:output(), todo)
        end
    end
    return plan
end

function Planner:extract_plan(constraints)
    local sources = {}
    for i = 1, #constraints do
        local constraint = constraints[i]
        if constraint:is_input() and constraint:is_satisfied() then sources[#sources + 1] = constraint end
    end
    return self:make_plan(sources)
end

-- Recomputes what follows from a constraint; false if that leads back to it.
function Planner:add_propagate(constraint, mark)
    local todo = { constraint }
    while #todo > 0 do
        local next = todo[#todo]
        todo[#todo] = nil
        if next:output().mark == mark then
            self:incremental_remove(constraint)
            return false
        end
        next:recalculate()
        self:add_consumers(next:output(), todo)
    end
    return true
end

function Planner:remove_propagate_from(out)
    out.determined_by = nil
    out.walk_strength = WEAKEST
    out.stays = true
    local unsatisfied = {}
    local todo = { out }
    while #todo > 0 do
        local variable = todo[#todo]
        todo[#todo] = nil
        for i = 1, #variable.constraints do
            local constraint = variable.constraints[i]
            if not constraint:is_satisfied() then unsatisfied[#unsatisfied + 1] = constraint end
        end
        local determining = variable.determined_by
        for i = 1, #variable.constraints do
            local constraint = variable.constraints[i]
            if constraint ~= determining and constraint:is_satisfied() then
                constraint:recalculate()
                todo[#todo + 1] = constraint:output()
            end
        end
    end
    return unsatisfied
end

function Planner:add_consumers(variable, list)
    local determining = variable.determined_by
    local constraints = variable.constraints
    for i = 1, #constraints do
        local constraint = constraints[i]
        if constraint ~= determining and constraint:is_satisfied() then list[#list + 1] = constraint end
    end
end

local function execute(plan)
    for i = 1, #plan do plan[i]:execute() end
end

local function change(variable, value)
    local edit = EditConstraint.new(variable, PREFERRED)
    local plan = planner:extract_plan({ edit })
    for i = 1, 10 do
        variable.value = value
        execute(plan)
    end
    edit:destroy()
end

-- A long chain of equalities: the worst case for adding, the best case for executing a plan.
local function chain(n)
    planner = Planner.new()
    local first = Variable.new(0)
    local last = first
    for i = 1, n do
        local next = Variable.new(0)
        EqualityConstraint.new(last, next, REQUIRED)
        last = next
    end
    StayConstraint.new(last, STRONG_DEFAULT)
    local edit = EditConstraint.new(first, PREFERRED)
    local plan = planner:extract_plan({ edit })
    for i = 0, 99 do
        first.value = i
        execute(plan)
        assert(last.value == i, "chain")
    end
    edit:destroy()
    return planner.mark
end

-- Many pairs that share a scale and an offset: one change reaches all of them.
local function projection(n)
    planner = Planner.new()
    local scale = Variable.new(10)
    local offset = Variable.new(1000)
    local source = nil
    local target = nil
    local targets = {}
    for i = 0, n - 1 do
        source = Variable.new(i)
        target = Variable.new(i)
        targets[#targets + 1] = target
        StayConstraint.new(source, NORMAL)
        ScaleConstraint.new(source, scale, offset, target, REQUIRED)
    end
    change(source, 17)
    assert(target.value == 1170, "projection 1")
    change(target, 1050)
    assert(source.value == 5, "projection 2")
    change(scale, 5)
    for i = 0, n - 2 do assert(targets[i + 1].value == i * 5 + 1000, "projection 3") end
    change(offset, 2000)
    for i = 0, n - 2 do assert(targets[i + 1].value == i * 5 + 2000, "projection 4") end
    return planner.mark
end

local function main()
    for round = 1, 2 do
        print(chain(3000) .. " " .. projection(3000))
    end
end

main()
