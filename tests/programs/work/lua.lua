-- Much allocation in lua; the scale is the argument. Ends with 6.
local scale = tonumber(arg[1])
local seed = 42
local function chance(n) -- the same numbers everywhere
    seed = (seed * 1103515245 + 12345) % 2147483648
    return (seed >> 8) % n
end

local kept = {}
for turn = 1, 20000 * scale // 1 do
    local key = "k" .. chance(500)
    kept[key] = { name = string.rep("s", chance(90)), links = { turn, key, { chance(9) } } }
    if turn % 4 == 0 then kept["k" .. chance(500)] = nil end
end
local count, letters = 0, 0
for _, value in pairs(kept) do
    count, letters = count + 1, letters + #value.name
end
print(count, letters)

local parts = {}
for number = 1, 3000 * scale // 1 do parts[#parts + 1] = ("%05d:%s"):format(number, chance(1000)) end
local text = table.concat(parts, ",")
print(#text, select(2, text:gsub("1(%d)", "<%1>")), text:sub(-20))
table.sort(parts, function(a, b) return a:reverse() < b:reverse() end)
print(parts[1], parts[#parts])

local function tree(depth)
    if depth == 0 then return {} end
    return { tree(depth - 1), tree(depth - 1) }
end
local function nodes(of)
    return of[1] and 1 + nodes(of[1]) + nodes(of[2]) or 1
end
for _ = 1, 4 * scale // 1 do kept.tree = tree(11) end
print(nodes(tree(8)))

local sum = 0
for number = 1, 500 * scale // 1 do
    local wave = coroutine.wrap(function() for i = 1, 10 do coroutine.yield(i * number) end end)
    for _ = 1, 10 do sum = sum + wave() end
end
print(sum)
collectgarbage("generational")
local weak = setmetatable({}, { __mode = "k" })
for number = 1, 5000 * scale // 1 do weak[{}] = number end
weak = nil
collectgarbage()
local file <close> = assert(io.open("parts", "w"))
file:write(text)
print(pcall(string.rep, "x", -1), pcall(error, { code = 1 }) == false)
io.stderr:write("ends with 6\n")
os.exit(6, true)
