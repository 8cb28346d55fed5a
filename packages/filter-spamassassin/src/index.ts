export { filter } from './filter.js'
