/** Selects the item of a list that is `by` rows after the selected one. */
export function moveInList(by: number): void {
  const list = document.querySelector('[role="listbox"]')
  const options = [...(list?.querySelectorAll<HTMLElement>('[role="option"]') ?? [])]
  const selected = options.findIndex((option) => option.getAttribute('aria-selected') === 'true')
  const next = selected < 0 ? firstVisible(list, options) : options[selected + by]
  next?.querySelector<HTMLElement>(':scope > div')?.click()
}

function firstVisible(list: Element | null, options: readonly HTMLElement[]): HTMLElement | undefined {
  const top = list?.getBoundingClientRect().top ?? 0
  return options.find((option) => option.getBoundingClientRect().top >= top - 1)
}

/** Moves the focus to the next or previous group of calls. */
export function moveGroup(by: number): void {
  const groups = [...document.querySelectorAll<HTMLElement>('[data-group]')]
  const current = groups.findIndex((group) => group.contains(document.activeElement))
  const next = current < 0 ? 0 : Math.min(Math.max(current + by, 0), groups.length - 1)
  groups[next]?.focus()
}
