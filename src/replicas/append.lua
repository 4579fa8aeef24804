-- Appends operations to the shared log, each once, and keeps the latest state of each bundle.
-- KEYS: events state bundles order hashes building counts
-- ARGV: epoch at max_events max_bytes expiry origin, then for each operation: count kind name key hash text
local events, state, bundles, order, hashes, building, counts = unpack(KEYS)
local MAX_BUNDLES, MAX_HELD, MAX_BUILDING, OVERHEAD = 256, 67108864, 256, 64
local function text(number) return string.format('%.0f', number) end

local known = redis.call('HMGET', state, 'epoch', 'at', 'bytes', 'held')
local epoch, at = tonumber(known[1] or '0'), tonumber(known[2] or '0')
local bytes, held = tonumber(known[3] or '0'), tonumber(known[4] or '0')
local sender_epoch, sender_at = tonumber(ARGV[1]), tonumber(ARGV[2])
-- A log that was flushed, evicted in part, that another program has written to, or that has lost what this sender has read, as after a
-- failover.
local is_foreign = epoch > 0 and #redis.call('XRANGE', events, text(epoch) .. '-' .. text(at + 1), '+', 'COUNT', 1) > 0
if epoch == 0 or is_foreign or (at > 0 and redis.call('EXISTS', events) == 0) or (epoch == sender_epoch and at < sender_at) then
  redis.call('DEL', events, state, bundles, order, hashes, building, counts)
  local time = redis.call('TIME')
  epoch = math.max(time[1] * 1000 + math.floor(time[2] / 1000), epoch + 1, sender_epoch + 1)
  at, bytes, held = 0, 0, 0
  redis.call('HSET', state, 'was', ARGV[1] .. '-' .. ARGV[2])
end

local origin = ARGV[6]
local last = tonumber(redis.call('HGET', counts, origin) or '0')
for i = 7, #ARGV, 6 do
  local count, kind, name, key, hash, body = tonumber(ARGV[i]), ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]
  if count > last then
    last, at = count, at + 1
    local before = ''
    if kind == 'built' then
      before = redis.call('HGET', hashes, key) or ''
      held = held - redis.call('HSTRLEN', bundles, key) + #body
      redis.call('HSET', bundles, key, body)
      redis.call('HSET', hashes, key, hash)
      redis.call('ZADD', order, at, key)
      while redis.call('ZCARD', order) > MAX_BUNDLES or (held > MAX_HELD and redis.call('ZCARD', order) > 1) do
        local oldest = redis.call('ZPOPMIN', order)[1]
        held = held - redis.call('HSTRLEN', bundles, oldest)
        redis.call('HDEL', bundles, oldest)
        redis.call('HDEL', hashes, oldest)
      end
      redis.call('HDEL', building, name, '')
    elseif kind == 'building' then
      if redis.call('HLEN', building) < MAX_BUILDING or redis.call('HEXISTS', building, name) == 1 then
        redis.call('HSET', building, name, text(at) .. ' ' .. body)
      end
    elseif kind == 'unchanged' then
      redis.call('HDEL', building, name)
    end
    redis.call('XADD', events, text(epoch) .. '-' .. text(at), 'o', origin, 'c', text(count), 'p', before, 'd', body)
    bytes = bytes + #body + OVERHEAD
  end
end

local max_events, max_bytes = tonumber(ARGV[3]), tonumber(ARGV[4])
local length = redis.call('XLEN', events)
while length > max_events or (bytes > max_bytes and length > 1) do
  local oldest = redis.call('XRANGE', events, '-', '+', 'COUNT', math.max(length - max_events, 1))
  for _, entry in ipairs(oldest) do bytes = bytes - #(entry[2][8] or '') - OVERHEAD end
  length = length - #oldest
  redis.call('XTRIM', events, 'MAXLEN', length)
end

redis.call('HSET', counts, origin, text(last))
redis.call('HSET', state, 'epoch', text(epoch), 'at', text(at), 'bytes', text(bytes), 'held', text(held))
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[5]) end
return { text(epoch), text(at) }
