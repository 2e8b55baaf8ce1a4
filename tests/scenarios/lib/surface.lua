-- SPDX-License-Identifier: MIT
-- Surfaces of a guest with a vGPU: lines for its CPU, through the aperture and a fence, tiles in
-- memory.
local surface = {}

local SHAPES = {
  x = { width = 512, rows = 8, column = 512 },
  y = { width = 128, rows = 32, column = 16 },
}

-- What memory holds of these lines: tile after tile, in each its columns, in each of them the rows.
local function tiles_of(lines, shape, pitch)
  local parts = {}
  for top = 0, #lines // pitch - 1, shape.rows do
    for left = 0, pitch - 1, shape.column do
      for row = top, top + shape.rows - 1 do
        local at = row * pitch + left
        parts[#parts + 1] = lines:sub(at + 1, at + shape.column)
      end
    end
  end
  return table.concat(parts)
end

-- Quad-words of which no two are the same.
local function pattern(size, mark)
  local words = {}
  for at = 0, size - 8, 8 do words[#words + 1] = string.pack("<I4I4", at, mark) end
  return table.concat(words)
end

-- Makes one and writes it line by line. Waits in the guest.
function surface.open(vm, tiling, pitch, tile_rows, mark)
  local self = vm.pv:surface(tiling, pitch, tile_rows)
  self.vm, self.shape, self.pitch, self.tiling = vm, SHAPES[tiling], pitch, tiling
  self.lines = pattern(self.size, mark)
  vm:aperture_write(self.addr, self.lines)
  return self
end

-- Lines as the CPU reads them and tiles as they lie in RAM are what was written. Waits in the
-- guest.
function surface.check(self, when)
  local name = ("%s: %s tiles %s"):format(self.vm.name, self.tiling:upper(), when)
  expect_eq(name .. ", lines", self.vm:aperture_read(self.addr, self.size) == self.lines, true)
  expect_eq(name .. ", memory",
    self.vm:mem_read(self.phys, self.size) == tiles_of(self.lines, self.shape, self.pitch), true)
end

-- Writes a line anew. Waits in the guest.
function surface.draw(self, row, mark)
  local at = row * self.pitch
  local line = pattern(self.pitch, mark)
  self.lines = self.lines:sub(1, at) .. line .. self.lines:sub(at + #line + 1)
  self.vm:aperture_write(self.addr + at, line)
end

return surface
