import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { applyTheme, storedTheme, themes, type Theme } from './theme.ts'

/** Chooses the colors of the page. */
export function ThemeChoice({ onTheme }: { readonly onTheme: (theme: Theme) => void }): JSX.Element {
  const [theme, setTheme] = useState(storedTheme)
  return (
    <select
      aria-label="Colors"
      value={theme}
      onChange={(event) => {
        const chosen = themes.find((one) => one === event.currentTarget.value) ?? 'system'
        setTheme(chosen)
        applyTheme(chosen)
        onTheme(chosen)
      }}
    >
      {themes.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  )
}
