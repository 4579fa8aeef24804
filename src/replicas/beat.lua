-- Counts the clients of a process, and returns those of all others that are alive.
-- KEYS: replicas clients, then the keys of the log
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
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[3]) end
return others
