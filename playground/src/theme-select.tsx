import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { applyTheme, storedTheme, themes } from '../../viewer/src/page/theme.ts'

/** The choice between light and dark. */
export function ThemeSelect(): JSX.Element {
  const [theme, setTheme] = useState(storedTheme)
  useEffect(() => applyTheme(theme), [theme])
  return (
    <select
      aria-label="Theme"
      class="pg-theme"
      value={theme}
      onChange={({ currentTarget }) => setTheme(themes.find((one) => one === currentTarget.value) ?? 'system')}
    >
      {themes.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  )
}
