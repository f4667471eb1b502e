import { render } from 'preact'
import { applyTheme, storedTheme } from '../../viewer/src/page/theme.ts'
import { App } from './app/app.tsx'
import { loginOf } from './page/address.ts'
import '../../viewer/src/style.css'
import './style.css'

const linked = loginOf(location.hash)
// The token leaves the address before anything else can read it.
if (linked !== null) history.replaceState(null, '', linked.rest === '' ? location.pathname : linked.rest)
applyTheme(storedTheme())
const element = document.getElementById('console')
element?.replaceChildren()
if (element !== null) render(<App linked={linked} />, element)
