import type { Browser } from 'playwright-core'
import { expect } from 'vitest'
import { openFile } from './open-viewer.ts'
import { largeViewData } from './sample-view-data.ts'

/** Expects that the page of a long trace has few elements, and handles keys and searches. */
export async function expectFewElements(
  browser: Browser,
  counts: { readonly cells: number; readonly calls: number },
): Promise<void> {
  const { page, errors } = await openFile(browser, largeViewData(counts))
  expect(await page.locator('*').count()).toBeLessThan(600)
  await page.getByRole('button', { name: 'Everything' }).click()
  await page.keyboard.press('j')
  await page.getByRole('searchbox').fill('haystack')
  await page.getByRole('status').filter({ hasText: '1 result' }).waitFor()
  expect(await page.locator('#entries').getByRole('option').locator('.entry-name').allTextContents()).toHaveLength(1)
  expect(errors).toEqual([])
}
