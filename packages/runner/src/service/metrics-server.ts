/**
 * Serves metrics over HTTP to a Prometheus on this host: on a port of a loopback address, or on a UNIX socket that candy's group may
 * use. It is asked a few times a minute by programs of this host, so it has no more than that needs: GET /metrics, few connections at
 * a time, and short timeouts.
 */
import { lstatSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { printAddress, type ServiceAddress } from '@candy/sdk/values'
import type { Log } from '../log/log.js'
import { CONTENT_TYPE } from '../metrics/metric.js'
import { errorText } from '../os/error-text.js'
import { isListening } from '../os/unix-socket.js'
import { unlinkIfThere } from '../os/unlink.js'

const MAX_CONNECTIONS = 16

/** Milliseconds for a request to arrive, and for which a connection may be idle. */
const TIMEOUT = 10_000

const LIMITS = { headersTimeout: TIMEOUT, requestTimeout: TIMEOUT, keepAliveTimeout: TIMEOUT, maxHeaderSize: 8_192 }

export class MetricsServer {
  readonly #metrics: () => Promise<string>
  readonly #log: () => Log
  #server: Server | undefined
  /** Where it listens, as it is printed. */
  #address = ''

  /** `metrics` gives the text that is served. */
  constructor(metrics: () => Promise<string>, log: () => Log) {
    this.#metrics = metrics
    this.#log = log
  }

  /** Listens at the address, and nowhere without one. An address that cannot be had is logged: mail does not need metrics. */
  async listenAt(address: ServiceAddress | undefined): Promise<void> {
    const listen = address === undefined ? '' : printAddress(address)
    if (listen === this.#address) return
    this.close()
    if (address === undefined) return
    try {
      this.#server = await this.#listen(address)
      this.#address = listen
      this.#log().write('info', 'serving metrics', { listen })
    } catch (error) {
      this.#log().write('error', 'the metrics cannot be served', { listen, error: errorText(error) })
    }
  }

  close(): void {
    this.#server?.close()
    this.#server?.closeAllConnections()
    this.#server = undefined
    this.#address = ''
  }

  async #listen(address: ServiceAddress): Promise<Server> {
    if ('path' in address) await removeLeftOver(address.path)
    const server = createServer(LIMITS, (request, response) => void this.#answer(request, response))
    server.maxConnections = MAX_CONNECTIONS
    server.timeout = TIMEOUT
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      // A UNIX socket is made at once, with these rights: of the owner and the group.
      const previousMask = process.umask(0o117)
      try {
        server.listen(address, resolve)
      } finally {
        process.umask(previousMask)
      }
    })
    server.on('error', (error) => this.#log().write('error', 'the metrics cannot be served', { error: error.message }))
    return server.unref()
  }

  async #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (url.split('?')[0] !== '/metrics') return end(response, 404, 'the metrics are at /metrics')
    if (method !== 'GET' && method !== 'HEAD') return end(response, 405, 'only GET and HEAD')
    try {
      end(response, 200, await this.#metrics(), CONTENT_TYPE)
    } catch (error) {
      this.#log().write('error', 'the metrics cannot be made', { error: errorText(error) })
      end(response, 500, 'the log of candy says why')
    }
  }
}

function end(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type }).end(`${text.trimEnd()}\n`)
}

/** Removes a socket that an earlier service has left behind; not one on which a process listens, and nothing else. */
async function removeLeftOver(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return
  if (!(await isListening(path))) unlinkIfThere(path)
}
