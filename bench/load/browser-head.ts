// The headers a browser sends with a request to a chat app, cookies included: some 650 bytes.

export const BROWSER_HEADERS: readonly string[] = [
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "Accept: application/json, text/plain, */*",
  "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
  "Accept-Encoding: gzip, deflate, br, zstd",
  'Sec-CH-UA: "Chromium";v="142", "Not_A Brand";v="99"',
  "Sec-CH-UA-Mobile: ?0",
  'Sec-CH-UA-Platform: "Linux"',
  "Sec-Fetch-Dest: empty",
  "Sec-Fetch-Mode: cors",
  "Sec-Fetch-Site: same-origin",
  "Referer: https://chat.example.com/rooms/general",
  "Cookie: session=9f8e7d6c5b4a39281706f5e4d3c2b1a0; theme=dark; locale=en; last_room=general",
];
