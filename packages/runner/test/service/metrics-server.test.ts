import { spawnSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../../test/kit/scratch.js'
import { MetricsServer } from '../../src/service/metrics-server.js'
import { memoryLog, scratch } from '../support.js'

function makeServer(metrics = async () => 'm 1\n') {
  const log = memoryLog()
  const server = new MetricsServer(metrics, () => log)
  onTestFinished(() => server.close())
  return { server, log, events: () => log.lines.map(({ event }) => event) }
}

/** What is answered; the code of the error when there is no answer. */
function get(
  at: { readonly socketPath: string } | { readonly port: number },
  path = '/metrics',
  method = 'GET',
): Promise<string> {
  return new Promise((resolve) => {
    const asking = request({ host: '127.0.0.1', ...at, path, method, agent: false }, (response: IncomingMessage) => {
      let text = `${response.statusCode} ${response.headers['content-type']}\n`
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    })
    asking.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    asking.end()
  })
}

test('they are served on a port, at one path and to be read only', async () => {
  const { server, events } = makeServer()
  const port = await freePort()
  await server.listenAt({ host: '127.0.0.1', port })
  expect(await get({ port })).toBe('200 text/plain; version=0.0.4; charset=utf-8\nm 1\n')
  expect(await get({ port }, '/metrics?x=1')).toMatch(/^200 /)
  expect(await get({ port }, '/')).toMatch(/^404 /)
  expect(await get({ port }, '/metrics', 'POST')).toMatch(/^405 /)
  await server.listenAt(undefined)
  expect(await get({ port })).toBe('ECONNREFUSED')
  expect(events()).toEqual(['serving metrics'])
})

test('on a UNIX socket only its owner and group may ask, and what a dead service left there is no obstacle', async () => {
  const path = join(scratch(), 'metrics')
  const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script, path])
  expect(statSync(path).isSocket()).toBe(true)
  const { server } = makeServer()
  await server.listenAt({ path })
  expect(statSync(path).mode & 0o777).toBe(0o660)
  expect(await get({ socketPath: path })).toContain('m 1')
})

test('an address that cannot be had is logged, and tried again when it is named again', async () => {
  const path = join(scratch(), 'metrics')
  writeFileSync(path, 'mine')
  const { server, events } = makeServer()
  await server.listenAt({ path })
  expect(statSync(path).isFile()).toBe(true)
  const other = createServer()
  onTestFinished(() => void other.close())
  const port = await freePort()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  await server.listenAt({ host: '127.0.0.1', port })
  await new Promise((resolve) => other.close(resolve))
  await server.listenAt({ host: '127.0.0.1', port })
  expect(events()).toEqual(['the metrics cannot be served', 'the metrics cannot be served', 'serving metrics'])
  expect(await get({ port })).toContain('m 1')
})

test('when they cannot be made, that is answered and logged', async () => {
  const { server, events } = makeServer(async () => {
    throw new Error('broken')
  })
  const path = join(scratch(), 'metrics')
  await server.listenAt({ path })
  expect(await get({ socketPath: path })).toMatch(/^500 /)
  expect(events()).toEqual(['serving metrics', 'the metrics cannot be made'])
})
