-- Restores the state of bundles that a flushed log has lost.
-- KEYS: events state bundles order hashes building counts
-- ARGV: epoch expiry, then for each bundle: key hash text
local events, state, bundles, order, hashes, _, counts = unpack(KEYS)
local OVERHEAD = 64
local function text(number) return string.format('%.0f', number) end
if redis.call('HGET', state, 'epoch') ~= ARGV[1] then return 0 end
local at = tonumber(redis.call('HGET', state, 'at'))
local restored = 0
for i = 3, #ARGV, 3 do
  if redis.call('HEXISTS', bundles, ARGV[i]) == 0 and redis.call('HLEN', bundles) < 256 then
    redis.call('HSET', bundles, ARGV[i], ARGV[i + 2])
    redis.call('HSET', hashes, ARGV[i], ARGV[i + 1])
    at = at + 1
    redis.call('ZADD', order, at, ARGV[i])
    redis.call('HINCRBY', state, 'held', #ARGV[i + 2])
    redis.call('HINCRBY', state, 'bytes', #ARGV[i + 2] + OVERHEAD)
    -- For processes that have read the log before.
    redis.call('XADD', events, ARGV[1] .. '-' .. text(at), 'o', '0', 'c', '0', 'p', '', 'd', ARGV[i + 2])
    restored = restored + 1
  end
end
redis.call('HSET', state, 'at', text(at))
-- A log with events and without this key was evicted in part.
redis.call('HSET', counts, '00000000', '0')
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[2]) end
return restored
