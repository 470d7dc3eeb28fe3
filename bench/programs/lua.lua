-- What a Lua program does to its allocator: tables, closures and strings, brief and many; realloc for all of it.
local scale = tonumber(arg[1])
local seed = 42
local function dice(bound)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 65536 % bound + 1
end

local kept, total = {}, 0
for i = 1, math.floor(130000 * scale) do
    local point = { x = i, y = dice(1000), name = "p" .. dice(5000) }
    point.move = function(by) point.x = point.x + by; return point end
    kept[dice(20000)] = point.move(dice(9))
    total = total + #point.name
end
local parts = {}
for i = 1, math.floor(50000 * scale) do
    parts[#parts + 1] = string.format("%d:%s;", i, string.rep("ab", dice(12)))
end
local text = table.concat(parts)
local words = 0
for word in text:gmatch("%d+") do words = words + #word end
print(total, #text, words)
