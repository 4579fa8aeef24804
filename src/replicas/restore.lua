-- Restores the state of bundles that a flushed log has lost.
-- KEYS: events state bundles order hashes building counts
-- ARGV: epoch, then for each bundle: key hash text
local state, bundles, order, hashes = KEYS[2], KEYS[3], KEYS[4], KEYS[5]
if redis.call('HGET', state, 'epoch') ~= ARGV[1] then return 0 end
local restored = 0
for i = 2, #ARGV, 3 do
  if redis.call('HEXISTS', bundles, ARGV[i]) == 0 and redis.call('HLEN', bundles) < 256 then
    redis.call('HSET', bundles, ARGV[i], ARGV[i + 2])
    redis.call('HSET', hashes, ARGV[i], ARGV[i + 1])
    redis.call('ZADD', order, 0, ARGV[i])
    redis.call('HINCRBY', state, 'held', #ARGV[i + 2])
    restored = restored + 1
  end
end
return restored
