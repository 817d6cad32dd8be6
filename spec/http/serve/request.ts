/** What a client asks a server for; everything where no header says otherwise. */
export function request(headers: Record<string, string> = {}, init: RequestInit = {}): Request {
  return new Request('http://127.0.0.1/', { ...init, headers });
}

/** The same, by `Range` where there is one. */
export function rangeRequest(range?: string): Request {
  return request(range === undefined ? {} : { range });
}
