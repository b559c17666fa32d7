-- For wrk: makes POSTs when asked to, and prints the results as one line of JSON in whole units.

local bodyBytes = tonumber(os.getenv("BENCH_POST_BYTES") or "0")
if bodyBytes > 0 then
  wrk.method = "POST"
  wrk.body = string.rep("m", bodyBytes)
  wrk.headers["Content-Type"] = "application/octet-stream"
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"bytes":%d,"microseconds":%d,"p50":%d,"p99":%d,"badStatus":%d,"broken":%d}\n',
    summary.requests, summary.bytes, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
