-- Reads the whole shared log, and begins one if there is none.
-- KEYS: events state bundles order hashes building counts
-- ARGV: epoch at expiry origin
local events, state, bundles, order, hashes, building, counts = unpack(KEYS)
local function text(number) return string.format('%.0f', number) end

local known = redis.call('HMGET', state, 'epoch', 'at')
local epoch, at = tonumber(known[1] or '0'), tonumber(known[2] or '0')
local reader_epoch, reader_at = tonumber(ARGV[1]), tonumber(ARGV[2])
-- A log that was flushed, evicted in part, that another program has written to, or that has lost what this reader has read, as after a
-- failover.
local is_foreign = epoch > 0 and #redis.call('XRANGE', events, text(epoch) .. '-' .. text(at + 1), '+', 'COUNT', 1) > 0
if epoch == 0 or is_foreign or (at > 0 and redis.call('EXISTS', events) == 0) or (epoch == reader_epoch and at < reader_at) then
  redis.call('DEL', events, state, bundles, order, hashes, building, counts)
  local time = redis.call('TIME')
  epoch, at = math.max(time[1] * 1000 + math.floor(time[2] / 1000), epoch + 1, reader_epoch + 1), 0
  redis.call('HSET', state, 'epoch', text(epoch), 'at', '0', 'bytes', '0', 'held', '0', 'was', ARGV[1] .. '-' .. ARGV[2])
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[3]) end

local entries = redis.call('XRANGE', events, '-', '+')
local first = at + 1
if #entries > 0 then first = tonumber(string.match(entries[1][1], '-(%d+)$')) end
-- The states from before the oldest event: all later ones follow from the events.
local earlier = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', order, '-inf', '(' .. text(first))) do
  local body = redis.call('HGET', bundles, key)
  if body then earlier[#earlier + 1] = body end
end
for _, value in ipairs(redis.call('HVALS', building)) do
  local since, body = string.match(value, '^(%d+) (.*)$')
  if since and tonumber(since) < first then earlier[#earlier + 1] = body end
end
return { text(epoch), text(at), redis.call('HGET', counts, ARGV[4]) or '0', redis.call('HGET', state, 'was'), earlier, entries }
