import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Envelope, Filter, Verdict } from '@candy/sdk'
import { type Answer, type Backend, backend, contract, message, run, testHost } from '@candy/sdk/testing'
import { expect, onTestFinished, test } from 'vitest'
import { filter } from '../src/index.js'
import { options } from '../src/options.js'

/** The service, as an HTTP server on a plain socket (RFC 9112) that keeps connections open. `body` answers one request. */
function service(body: (request: string) => string): Answer {
  return async function* (received) {
    let requests = ''
    for await (const chunk of received) {
      requests += Buffer.from(chunk).toString('latin1')
      for (let end = requests.indexOf('\r\n\r\n'); end !== -1; end = requests.indexOf('\r\n\r\n')) {
        yield body(requests.slice(0, end))
        requests = requests.slice(end + 4)
      }
    }
  }
}

function http(json: string, head = 'HTTP/1.1 200 OK'): string {
  return `${head}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`
}

const url = ({ address }: Backend) => `http://${address}/reputation`

contract({
  test,
  filter,
  on: 'tcp',
  backend: service(() => http('{"reputation":"good"}')),
  options: (backend) => ({ url: url(backend) }),
  dropIn: new URL('../filters.d/15-lookup.toml', import.meta.url),
})

async function filterAt(address: string): Promise<Filter<Verdict>> {
  const made = await filter.create(options.parse({ url: address }), testHost())
  onTestFinished(() => made.close?.())
  return made
}

/** The verdict of the filter when the service gives this answer, and the requests that the service got. */
async function judged(answer: string, envelope: Partial<Envelope> = {}) {
  const requests: string[] = []
  await using daemon = await backend({
    on: 'tcp',
    script: service((request) => {
      requests.push(request)
      return answer
    }),
  })
  const judging = await filterAt(url(daemon))
  return { ...(await run(judging, message('Subject: hi\n\n', { envelope }))), requests }
}

test.each([
  ['bad', { action: 'reject', text: 'the sender has a bad reputation', status: [7, 1] }],
  ['suspect', { action: 'quarantine', text: 'the sender has a doubtful reputation', status: [7, 1] }],
])('a sender who is %s gets a refusal that does not tell why; the log does', async (reputation, verdict) => {
  const found = await judged(http(JSON.stringify({ reputation, reason: 'spam\r\nyesterday' })))
  expect(found.verdict).toEqual(verdict)
  expect(found.log).toEqual([{ level: 'log', event: 'looked up', fields: { reputation, reason: 'spam yesterday' } }])
})

test.each(['good', 'unknown'])('mail of a sender who is %s goes on, and says so', async (reputation) => {
  const { output } = await judged(http(JSON.stringify({ reputation, since: 2001 })))
  expect(Buffer.from(output ?? []).toString()).toBe(`X-Reputation: ${reputation}\r\nSubject: hi\r\n\r\n`)
})

test('the field is the filter’s own: a runner takes a sender’s out', () => {
  expect(filter.fields).toEqual(['X-Reputation'])
})

test('the service is told the sender and the client, escaped', async () => {
  const { requests } = await judged(http('{"reputation":"good"}'), {
    sender: 'a&b=c?#@example.com',
    client: { address: '2001:db8::1', name: 'mx.example.com' },
  })
  const [line = ''] = requests
  const asked = new URL(line.split(' ')[1] ?? '', 'http://service')
  expect(Object.fromEntries(asked.searchParams)).toEqual({
    sender: 'a&b=c?#@example.com',
    address: '2001:db8::1',
    name: 'mx.example.com',
  })
})

const GOOD = '{"reputation":"good"}'

test.each([
  ['is not there', http('{"reputation":"good"}', 'HTTP/1.1 404 Not Found')],
  ['is broken', http(GOOD, 'HTTP/1.1 500 Internal Server Error')],
  ['points elsewhere', http(GOOD, 'HTTP/1.1 302 Found\r\nLocation: /good')],
  ['speaks no HTTP', 'SMTP/1.0 good\r\n\r\n'],
  ['stops in the middle', http(GOOD).slice(0, -1)],
  ['says nothing', http('')],
  ['says a word that nobody knows', http('{"reputation":"excellent"}')],
  ['gives no reputation', http('{"reason":"none"}')],
  ['gives a list', http(`[${GOOD}]`)],
  ['gives half a JSON text', http('{"reputation":"good"')],
  ['talks without end', http(`{"reputation":"good","reason":"${'x'.repeat(20_000)}"}`)],
  ['does not say where its answer ends', `HTTP/1.0 200 OK\r\n\r\n${GOOD}`],
])('a service that %s is no verdict', async (_, answer) => {
  // An answer without Content-Length ends with its connection.
  const closing: Answer = async function* (received) {
    for await (const chunk of service(() => answer)(received)) {
      yield chunk
      return
    }
  }
  await using daemon = await backend({ on: 'tcp', script: closing })
  const judging = await filterAt(url(daemon))
  await expect(run(judging, message('Subject: hi\n\n'))).rejects.toMatchObject({ code: 'SCANNER_PROTOCOL' })
})

test('a service that is away is no verdict, and can be told from one that talks nonsense', async () => {
  await using daemon = await backend({ on: 'tcp', script: 'refuse' })
  const judging = await filterAt(url(daemon))
  await expect(run(judging, message(''))).rejects.toMatchObject({ code: 'SCANNER_UNREACHABLE' })
})

test('the deadline is the signal: its reason is thrown, and the connection ended', async () => {
  await using daemon = await backend({ on: 'tcp', script: 'hang' })
  const judging = await filterAt(url(daemon))
  await expect(run(judging, message(''), AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'TimeoutError' })
  await expect.poll(() => daemon.open).toBe(0)
})

test('a real HTTP server that closes idle connections at once is asked again and again', async () => {
  const server = createServer({ keepAliveTimeout: 1 }, (_, response) => response.end(GOOD))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const judging = await filterAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  for (const subject of ['one', 'two', 'three']) {
    expect((await run(judging, message(`Subject: ${subject}\n\n`))).verdict.action).toBe('accept')
  }
})

test.each(['127.0.0.1:8090', 'ftp://127.0.0.1/', 'https://127.0.0.1/', '', 8090])('%j is no address', (address) => {
  expect(options.safeParse({ url: address }).error?.issues[0]?.message).toContain('such as "http://')
})
