/**
 * The files of a private Postfix instance: main.cf written anew, master.cf as Debian ships it but for the port, the
 * chroot column and what is asked for; or a master.cf of the test's own, as it is.
 */
import { access, chown, cp, mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fillChroot, idOf, makeQueueDirectory } from './queue-directory.js'
import type { Services } from './services.js'

/** How the services that receive mail hand it to a filter that is not candy; written as `-o` options, as a site would. */
interface Attachment {
  /** `content_filter` of `smtp inet`: `filter:dummy`. */
  readonly contentFilter?: string
  /** Further options of `smtp inet`. */
  readonly options?: Readonly<Record<string, string>>
}

export interface InstanceOptions {
  /** An existing directory that every account can enter; nothing else of Postfix's lies in it. */
  readonly directory: string
  /** Where the next hop listens on 127.0.0.1; all mail goes there. */
  readonly sinkPort: number
  /** main.cf parameters, over those of the test bed. */
  readonly main?: Readonly<Record<string, string>>
  /** Lines to append to master.cf. */
  readonly master?: string
  /** A master.cf to take instead of Debian's, byte for byte, read as Latin-1. Its services may be chrooted. `port` is for `smtp inet`. */
  readonly stock?: (port: number) => string
  /** Not the default instance: that is another one, which only knows of this. */
  readonly secondary?: boolean
  readonly services?: readonly Services[]
  readonly attach?: Attachment
  /** Called when its files are written, and before it starts. */
  readonly prepare?: (instance: Instance) => Promise<unknown>
}

export interface Instance {
  readonly configDirectory: string
  /** What lies over /etc/postfix: of the default instance. */
  readonly defaultDirectory: string
  readonly queueDirectory: string
  readonly logFile: string
}

/** What Postfix itself needs beside main.cf and master.cf (meta_directory in postconf(5)). */
const metaFiles = ['dynamicmaps.cf', 'dynamicmaps.cf.d', 'makedefs.out', 'postfix-files', 'postfix-files.d']

/** Debian's unedited master.cf: in the package, and its copy in /etc. */
const stockMaster = ['/usr/share/postfix/master.cf.dist', '/etc/postfix/master.cf.proto']

export async function writeInstance(options: InstanceOptions, port: number): Promise<Instance> {
  const configDirectory = join(options.directory, 'etc')
  const queueDirectory = join(options.directory, 'queue')
  const dataDirectory = join(options.directory, 'data')
  const logFile = join(options.directory, 'mail.log')
  for (const path of [configDirectory, dataDirectory]) await mkdir(path, { recursive: true })
  await chown(dataDirectory, await idOf('passwd', 'postfix'), 0)
  await makeQueueDirectory(queueDirectory)
  for (const name of metaFiles) await copyMeta(name, configDirectory)
  const services = options.services ?? []
  const main: Record<string, string> = {
    ...testBedParameters(options.sinkPort),
    queue_directory: queueDirectory,
    data_directory: dataDirectory,
    maillog_file: logFile,
    maillog_file_prefixes: options.directory,
  }
  Object.assign(main, ...services.map((service) => service.main ?? {}), options.main)
  const lines = Object.entries(main).map(([key, value]) => `${key} = ${value}\n`)
  await writeFile(join(configDirectory, 'main.cf'), lines.join(''))
  await cool(configDirectory)
  const appended = [...services.map((service) => service.master), options.master ?? ''].join('')
  const own = options.stock?.(port)
  const master = own ?? editMaster(await readFirst(stockMaster), port, options.attach ?? {})
  await writeFile(join(configDirectory, 'master.cf'), `${master}${appended}`, own === undefined ? 'utf8' : 'latin1')
  if (own !== undefined) await fillChroot(queueDirectory)
  const defaultDirectory =
    options.secondary === true ? await writeDefault(options.directory, configDirectory) : configDirectory
  const instance = { configDirectory, defaultDirectory, queueDirectory, logFile }
  await options.prepare?.(instance)
  await cool(configDirectory)
  return instance
}

/** The default instance beside a second one (MULTI_INSTANCE_README). It is never started. */
async function writeDefault(directory: string, configDirectory: string): Promise<string> {
  const path = join(directory, 'default')
  await mkdir(path)
  for (const name of metaFiles) await copyMeta(name, path)
  const main = [
    'compatibility_level = 3.6',
    'multi_instance_enable = yes',
    `multi_instance_directories = ${configDirectory}`,
  ]
  await writeFile(join(path, 'main.cf'), `${main.join('\n')}\n`)
  await cool(path)
  await writeFile(join(path, 'master.cf'), await readFirst(stockMaster))
  return path
}

/**
 * Makes main.cf look a minute old. Every Postfix program that finds it changed within the last second waits until it is
 * older (dict_load_file_xt in dict.c), which would make each start and reload two seconds slower.
 */
export async function cool(configDirectory: string): Promise<void> {
  const then = new Date(Date.now() - 60_000)
  await utimes(join(configDirectory, 'main.cf'), then, then)
}

/** Everything is relayed to the sink, with nothing looked up outside; deferred mail is tried again within seconds. */
function testBedParameters(sinkPort: number): Record<string, string> {
  return {
    compatibility_level: '3.6',
    myhostname: 'mx.example.test',
    mydestination: '',
    mynetworks: '127.0.0.0/8',
    inet_interfaces: 'loopback-only',
    inet_protocols: 'ipv4',
    default_transport: `smtp:[127.0.0.1]:${sinkPort}`,
    relay_transport: '$default_transport',
    local_transport: '$default_transport',
    local_recipient_maps: '',
    alias_maps: '',
    alias_database: '',
    smtputf8_enable: 'yes',
    smtp_host_lookup: 'native',
    smtp_dns_support_level: 'disabled',
    smtp_tls_security_level: 'none',
    smtpd_tls_security_level: 'none',
    // By default Postfix itself folds lines of more than 998 bytes on the way out.
    smtp_line_length_limit: '0',
    smtpd_error_sleep_time: '0',
    notify_classes: '',
    biff: 'no',
    queue_run_delay: '1s',
    minimal_backoff_time: '1s',
    maximal_backoff_time: '2s',
    transport_retry_time: '1s',
    ipc_idle: '5s',
  }
}

function editMaster(stock: string, port: number, attach: Attachment): string {
  const smtp = { content_filter: attach.contentFilter, ...attach.options }
  return stock
    .split('\n')
    .map((line) => {
      const service = /^(\S+\s+(?:inet|unix|unix-dgram|pass)\s+\S\s+\S\s+)y(\s.*)$/.exec(line)
      const unchrooted = service === null ? line : `${service[1]}n${service[2]}`
      if (!/^smtp\s+inet\s/.test(unchrooted)) return unchrooted
      return withOptions(unchrooted.replace(/^smtp/, `127.0.0.1:${port}`), smtp)
    })
    .join('\n')
}

function withOptions(line: string, options: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return [line, ...given.map(([key, value]) => `  -o ${key}=${value}`)].join('\n')
}

async function copyMeta(name: string, directory: string): Promise<void> {
  const source = join('/etc/postfix', name)
  if (await exists(source)) await cp(source, join(directory, name), { recursive: true, dereference: true })
}

async function readFirst(paths: readonly string[]): Promise<string> {
  for (const path of paths) if (await exists(path)) return readFile(path, 'utf8')
  throw new Error(`no unedited master.cf: ${paths.join(', ')}; is the Debian package postfix installed?`)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
