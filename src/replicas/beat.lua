-- Counts the clients of a process, and returns those of all others that are alive. Drops a log that was evicted in part: it is begun anew.
-- KEYS: replicas clients events state bundles order hashes building counts
-- ARGV: origin clients expiry lifetime
local replicas, clients = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', replicas, '-inf', now - tonumber(ARGV[4]))) do
  redis.call('ZREM', replicas, gone)
  redis.call('HDEL', clients, gone)
end
redis.call('ZADD', replicas, string.format('%.0f', now), ARGV[1])
redis.call('HSET', clients, ARGV[1], ARGV[2])
local others, all = 0, redis.call('HGETALL', clients)
for i = 1, #all, 2 do
  if all[i] ~= ARGV[1] then others = others + tonumber(all[i + 1]) end
end
local events, state, bundles, order, hashes, building, counts = unpack(KEYS, 3)
local known = redis.call('HMGET', state, 'at', 'held')
local has_events, has_builds = tonumber(known[1] or '0') > 0, tonumber(known[2] or '0') > 0
if (has_events and redis.call('EXISTS', events, counts) < 2) or (has_builds and redis.call('EXISTS', bundles, order, hashes) < 3) then
  redis.call('DEL', events, state, bundles, order, hashes, building, counts)
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[3]) end
return others
