-- SPDX-License-Identifier: MIT
-- Migration streams as texts: to walk through their packets and to forge them.
local image = {}

-- version, type, tile, GT, flags, offset, size
local HEADER = "<I1I1I1I1I4I8I8"
local GGTT, MMIO, GUC = 3, 4, 5

-- Dwords of the GuC's part, from 0.
local FLAGS, NUM_CONTEXTS = 8, 28

-- Calls change(type, payload) for each packet and puts together what it returns.
function image.map(stream, change)
  local parts, at = {}, 1
  while at <= #stream do
    local version, kind, tile, gt, flags, offset, size, first = string.unpack(HEADER, stream, at)
    local payload = change(kind, stream:sub(first, first + size - 1))
    parts[#parts + 1] = string.pack(HEADER, version, kind, tile, gt, flags, offset, #payload)
    parts[#parts + 1] = payload
    at = first + size
  end
  return table.concat(parts)
end

local function dword(text, index)
  return (string.unpack("<I4", text, 4 * index + 1))
end

-- What a VF has, summed up over its GTs: contexts and rings that GuCs know, GGTT entries that
-- point somewhere, mailbox registers that are not zero.
function image.count(stream)
  local seen = { contexts = 0, rings = 0, entries = 0, mailbox = 0 }
  image.map(stream, function(kind, payload)
    if kind == GUC then
      seen.contexts = seen.contexts + dword(payload, NUM_CONTEXTS)
      seen.rings = seen.rings + (dword(payload, FLAGS) & 1)
    elseif kind == GGTT then
      for at = 1, #payload, 8 do
        seen.entries = seen.entries + (string.unpack("<I8", payload, at) > 1 and 1 or 0)
      end
    elseif kind == MMIO then
      for index = 0, 3 do
        seen.mailbox = seen.mailbox + (dword(payload, index) ~= 0 and 1 or 0)
      end
    end
    return payload
  end)
  return seen
end

local function crc32(text)
  local crc = 0xffffffff
  for i = 1, #text do
    crc = crc ~ text:byte(i)
    for _ = 1, 8 do
      crc = crc & 1 ~= 0 and crc >> 1 ~ 0xedb88320 or crc >> 1
    end
  end
  return crc ~ 0xffffffff
end

-- The GuC's part carries the size of the range in its eighth dword and a checksum in its fourth.
local function resize_blob(blob, size)
  local head = blob:sub(1, 12)
  local rest = blob:sub(17, 28) .. string.pack("<I4", size) .. blob:sub(33)
  return head .. string.pack("<I4", crc32(head .. "\0\0\0\0" .. rest)) .. rest
end

-- The stream as if the VF had a GGTT range of this size (bytes): entries are cut, or absent ones
-- added.
function image.resize_ggtt(stream, size)
  local bytes = size // 4096 * 8
  return image.map(stream, function(kind, payload)
    if kind == GUC then
      return resize_blob(payload, size)
    elseif kind == GGTT then
      return (payload .. string.rep("\0", math.max(0, bytes - #payload))):sub(1, bytes)
    end
    return payload
  end)
end

return image
