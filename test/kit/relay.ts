/** Candy set up by hand beside a private Postfix, as a service: what an administrator would do without `candy enable`. */
import { chmod, chown, mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Daemon, startDaemon } from './daemon.js'
import { type Installation, installCandy } from './installation.js'
import type { InstanceOptions } from './instance.js'
import { type HandMade, idOf, makeByHand } from './manual-setup.js'
import { inNewNamespace, withConfiguration } from './namespace.js'
import { childrenOf } from './processes.js'
import { freePort } from './scratch.js'
import { reinjection, type Services } from './services.js'
import { type ScannerOptions, startTestBed, type TestBed } from './test-bed.js'
import { until } from './waiting.js'

export interface RelayOptions {
  /** `smtp` unless said. */
  readonly mode?: 'smtp' | 'smtp-before'
  /** In mode `smtp`: SMTP over a port of 127.0.0.1, as to a runner on another host. Otherwise LMTP over a UNIX socket. */
  readonly tcp?: boolean
  /** Files of filters.d: text by name; a name without a dot is made executable. */
  readonly filters?: Readonly<Record<string, string>>
  /** Lines for the table `[smtp]` of candy.toml. */
  readonly smtp?: readonly string[]
  /** Further lines at the end of candy.toml. */
  readonly settings?: readonly string[]
  readonly workers?: number
  /** In mode `smtp`: mail from sendmail(1) comes this way, too. */
  readonly pickup?: boolean
  /** main.cf parameters. */
  readonly main?: InstanceOptions['main']
  /** Which scanners to start beside it. */
  readonly scanners?: ScannerOptions
  /** Environment of the service. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether Postfix gets a mount namespace of its own; see PostfixOptions. */
  readonly namespace?: boolean
}

export interface RelayTestBed extends TestBed, HandMade {
  readonly installation: Installation
  /** Where candy listens: the path of a UNIX socket, or a port. */
  readonly socket: string | number
  /** The supervisor. */
  pid(): number
  /** The worker processes there are now. */
  workers(): number[]
  /** Starts the service again; it was stopped or killed. */
  start(): Promise<void>
  /** Stops the service, which may finish what it has. */
  end(): Promise<void>
  /** Sends SIGHUP and waits until candy says that it has reloaded, or has not. */
  reload(): Promise<void>
}

/** An lmtp(8) or smtp(8) transport for the runner, with all that keeps it from changing a message on the way (FILTER_README). */
export function relayTransport(client: 'lmtp' | 'smtp', processes = 10): Services {
  const name = `candy-${client}`
  const settings = {
    send_xforward_command: 'yes',
    line_length_limit: '0',
    generic_maps: '',
    header_checks: '',
    body_checks: '',
    data_done_timeout: '1200s',
    tls_security_level: 'none',
    tls_wrappermode: 'no',
    sasl_auth_enable: 'no',
    dns_support_level: 'disabled',
  }
  const options = Object.entries(settings).map(([key, value]) => `  -o ${client}_${key}=${value}\n`)
  options.push('  -o disable_mime_output_conversion=yes\n')
  const main = {
    [`${name}_destination_recipient_limit`]: '1000',
    // One refused connection would suspend the transport otherwise.
    [`${name}_destination_concurrency_failed_cohort_limit`]: '0',
  }
  return { master: `${name} unix - - n - ${processes} ${client}\n${options.join('')}`, main }
}

/** Re-injection for mail that no cleanup(8) has seen yet: the site's checks and milters are still to come. */
export function reinjectionBefore(): Services {
  return reinjection({
    name: 'candy-in-before',
    cleanup: 'candy-cleanup-before',
    options: { receive_override_options: 'no_unknown_recipient_checks', smtpd_milters: undefined },
  })
}

/** Starts a Postfix whose `smtp inet` has all mail filtered by `candy serve`. */
export async function startRelay(options: RelayOptions = {}): Promise<RelayTestBed> {
  const after = options.mode !== 'smtp-before'
  const client = options.tcp === true ? 'smtp' : 'lmtp'
  const port = options.tcp === true ? await freePort() : undefined
  let installation: Installation | undefined
  const testBed = await startTestBed(async (directory) => {
    installation = await installCandy(join(directory, 'candy'))
    return {
      services: after ? [relayTransport(client), reinjection()] : [reinjectionBefore()],
      attach: after
        ? {
            contentFilter: `candy-${client}:${port === undefined ? 'unix:candy/lmtp' : `[127.0.0.1]:${port}`}`,
            options: { receive_override_options: 'no_address_mappings' },
            ...(options.pickup && { pickup: true }),
          }
        : { proxyFilter: 'unix:candy/proxy' },
      ...(options.main && { main: options.main }),
      ...(options.namespace !== undefined && { namespace: options.namespace }),
    }
  }, options.scanners)
  try {
    if (installation === undefined) throw new Error('candy was not installed')
    return await setUp(testBed, installation, options, port)
  } catch (error) {
    await testBed.stop()
    throw error
  }
}

async function setUp(
  testBed: TestBed,
  installation: Installation,
  options: RelayOptions,
  port: number | undefined,
): Promise<RelayTestBed> {
  const { postfix } = testBed
  const { mode = 'smtp' } = options
  const sockets = join(postfix.queueDirectory, 'candy')
  const socket = port ?? join(sockets, mode === 'smtp' ? 'lmtp' : 'proxy')
  await mkdir(sockets)
  await chown(sockets, idOf('-u', 'candy'), idOf('-g', 'postfix'))
  await chmod(sockets, 0o2750)
  await postfix.admit()
  const listen = port === undefined ? [] : [`listen = "127.0.0.1:${port}"`, 'protocol = "smtp"']
  const table = [...listen, ...(options.smtp ?? [])]
  const { settings, filters } = options
  const made = await makeByHand(testBed, { mode, table, settings, filters })
  const { candyLog } = made

  const serve = `${process.execPath} ${installation.candy} serve --workers ${options.workers ?? 2}`
  const script = `exec setpriv --pdeathsig TERM --reuid candy --regid candy --clear-groups -- ${serve}`
  const [command, ...args] =
    options.namespace === false
      ? withConfiguration(postfix.configDirectory, script)
      : inNewNamespace(postfix.configDirectory, '/etc/postfix', script)
  const startService = async (): Promise<Daemon> => {
    const from = (await candyLog()).length
    // Workers of a runner that was killed may still answer.
    const ready = async (): Promise<boolean> => (await candyLog()).slice(from).includes('started') && answers(socket)
    return startDaemon({ command, args, ready, ...(options.env && { env: options.env }) }).catch(async (error) => {
      throw new Error(`${error.message}\n${(await candyLog()).slice(from)}`)
    })
  }
  let service = await startService()
  const stop = async (): Promise<void> => {
    await service.stop()
    await testBed.stop()
  }
  return {
    ...testBed,
    ...made,
    installation,
    socket,
    pid: () => service.pid,
    workers: () => childrenOf(service.pid, 'worker-main'),
    start: async () => {
      service = await startService()
    },
    end: () => service.stop(),
    reload: async () => {
      const before = (await candyLog()).length
      process.kill(service.pid, 'SIGHUP')
      await until('a reload', async () => /reloaded/.test((await candyLog()).slice(before)), { explain: candyLog })
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function answers(address: string | number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof address === 'number' ? connect(address, '127.0.0.1') : connect(address)
    socket.once('data', () => {
      socket.end('QUIT\r\n')
      resolve(true)
    })
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
  })
}
