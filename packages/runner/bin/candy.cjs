#!/usr/bin/env node
// Starts candy. In CommonJS, which starts faster, since in pipe mode a process starts for every message. Nothing is loaded at first:
// whatever goes wrong then, a missing module too, must end in a status that makes Postfix try again. pipe(8) bounces on Node.js' own
// 1, 7 or 13, and takes 0 for "delivered".
const [command, ...argv] = process.argv.slice(2)
if (command === 'pipe' && argv[0] !== '--help') void judge()
else void run()

async function judge() {
  const { CANDY_PIPE: launcher } = process.env
  // Behind candy-pipe even 0 is nothing that a stray process.exit() may say: 100 stands for it.
  const delivered = launcher === undefined ? 0 : 100
  let status = 75
  process.on('exit', () => {
    process.exitCode = status
  })
  const end = (decided) => {
    status = decided === 0 ? delivered : decided
    process.exit()
  }
  try {
    const { pipe } = require('../dist/pipe.cjs')
    await pipe({ argv, end, launcher: launcher === undefined ? undefined : Number(launcher) })
  } catch (error) {
    // candy-pipe lets nothing through that is written here, and candy's own log is a module, too.
    console.error(error)
    const { spawnSync } = require('node:child_process')
    const line = `a message waits: ${error}`.replaceAll('\n', ' ')
    spawnSync('logger', ['-t', 'candy/pipe', '-p', 'mail.err', line], { stdio: 'ignore', timeout: 5_000 })
  }
  process.exit()
}

// No module.enableCompileCache(): it keeps code in the system's temporary directory, where anybody may have put it before.
async function run() {
  const { main } = await import('../dist/command/main.js')
  await main(process.argv)
}
