/** What a worker process runs; see worker.ts. */
import { runWorker } from './worker.js'

runWorker()
