-- Methods: one receiver class, a call of the base's method, then four classes at one call site.

local Counter = {}
Counter.__index = Counter

function Counter.new()
    return setmetatable({ count = 0 }, Counter)
end

function Counter:add(n)
    self.count = self.count + n
    return self
end

function Counter:value()
    return self.count
end

local WrappingCounter = setmetatable({}, { __index = Counter })
WrappingCounter.__index = WrappingCounter

function WrappingCounter.new(limit)
    return setmetatable({ count = 0, limit = limit }, WrappingCounter)
end

function WrappingCounter:add(n)
    Counter.add(self, n)
    if self.count >= self.limit then self.count = self.count - self.limit end
    return self
end

local Shape = {}
Shape.__index = Shape

function Shape:weight()
    return self:area() * 2 + 1
end

local Square = setmetatable({}, { __index = Shape })
Square.__index = Square

function Square.new(side)
    return setmetatable({ side = side }, Square)
end

function Square:area()
    return self.side * self.side
end

function Square:grow(n)
    self.side = (self.side + n) % 50
end

local Rectangle = setmetatable({}, { __index = Shape })
Rectangle.__index = Rectangle

function Rectangle.new(width, height)
    return setmetatable({ width = width, height = height }, Rectangle)
end

function Rectangle:area()
    return self.width * self.height
end

function Rectangle:grow(n)
    self.width = (self.width + n) % 60
end

local Triangle = setmetatable({}, { __index = Shape })
Triangle.__index = Triangle

function Triangle.new(base, height)
    return setmetatable({ base = base, height = height }, Triangle)
end

function Triangle:area()
    return self.base * self.height * 0.5
end

function Triangle:grow(n)
    self.height = (self.height + n) % 70
end

local Diamond = setmetatable({}, { __index = Shape })
Diamond.__index = Diamond

function Diamond.new(radius)
    return setmetatable({ radius = radius }, Diamond)
end

function Diamond:area()
    return 2 * self.radius * self.radius
end

function Diamond:grow(n)
    self.radius = (self.radius + n) % 40
end

local function one_class(n)
    local counter = Counter.new()
    for i = 0, n - 1 do
        counter:add(i):add(1)
    end
    return counter:value()
end

local function with_super(n)
    local counter = WrappingCounter.new(1000)
    local sum = 0
    for i = 0, n - 1 do
        sum = sum + counter:add(i % 10):value()
    end
    return sum
end

local function mixed_shapes(n)
    local shapes = {}
    local seed = 42
    for i = 0, n - 1 do
        seed = seed * 16807 % 2147483647
        local kind = seed % 4
        if kind == 0 then
            shapes[i + 1] = Square.new(i % 7)
        elseif kind == 1 then
            shapes[i + 1] = Rectangle.new(i % 5, 3)
        elseif kind == 2 then
            shapes[i + 1] = Triangle.new(i % 9, 4)
        else
            shapes[i + 1] = Diamond.new(i % 3)
        end
    end
    return shapes
end

local function four_classes(shapes, rounds)
    local sum = 0.0
    for round = 0, rounds - 1 do
        for i = 1, #shapes do
            local shape = shapes[i]
            shape:grow(round)
            sum = sum + shape:weight()
        end
    end
    return sum
end

local function main()
    print(one_class(800000))
    print(with_super(500000))
    print(math.floor(four_classes(mixed_shapes(1000), 400)))
end

main()
