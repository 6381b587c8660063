-- Binary trees: many small tables, recursion, a long-lived tree beside short-lived ones.

local function Tree(left, right)
    return { left = left, right = right }
end

local function bottom_up(depth)
    if depth == 0 then
        return Tree(nil, nil)
    else
        return Tree(bottom_up(depth - 1), bottom_up(depth - 1))
    end
end

local function check(tree)
    if tree.left == nil then return 1 else return 1 + check(tree.left) + check(tree.right) end
end

local function main()
    local depth_max = 13
    print(check(bottom_up(depth_max + 1)))
    local long_lived = bottom_up(depth_max)
    local depth = depth_max
    local count = 16
    while depth >= 4 do
        local sum = 0
        for i = 1, count do
            sum = sum + check(bottom_up(depth))
        end
        print(count .. " " .. depth .. " " .. sum)
        depth = depth - 3
        count = count * 8
    end
    print(check(long_lived))
end

main()
