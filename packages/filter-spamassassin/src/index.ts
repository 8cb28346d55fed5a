export { filter } from './filter.js'
export { type LearnOptions, type Lesson, learn } from './learn.js'
