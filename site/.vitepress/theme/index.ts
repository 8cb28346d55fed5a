/** VitePress's own theme, with styles for wide tables and text drawings. */
import DefaultTheme from 'vitepress/theme'
import './style.css'

export default DefaultTheme
