/** The main module of a worker process. The work is in worker.ts. */
import { runWorker } from './worker.js'

runWorker()
