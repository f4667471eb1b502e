import { later, memberOf, stringOf, type SampleGroup } from './sample-tool.ts'

let sentMails = 0

/** Mail with approval, a slow tool, and one that fails. */
export const otherTools: readonly SampleGroup[] = [
  {
    id: 'mail',
    title: 'Mail, with approval',
    tools: [
      {
        tool: {
          name: 'mail_send',
          description: 'Sends a mail. Each call needs an approval.',
          needsApproval: 'ask',
          annotations: { destructiveHint: true },
          inputSchema: {
            type: 'object',
            properties: { to: { type: 'string' }, subject: { type: 'string' }, body: { type: 'string' } },
            required: ['to', 'subject', 'body'],
            additionalProperties: false,
          },
          outputSchema: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
          call: () => ({ id: `mail-${++sentMails}` }),
        },
        result: { id: 'mail-1' },
      },
    ],
  },
  {
    id: 'report',
    title: 'Report, which is slow',
    tools: [
      {
        tool: {
          name: 'report_create',
          description: 'Creates a report. This takes a while.',
          inputSchema: {
            type: 'object',
            properties: {
              title: { type: 'string' },
              seconds: { type: 'number', minimum: 0, maximum: 60, description: 'The time that it takes' },
            },
            required: ['title', 'seconds'],
            additionalProperties: false,
          },
          outputSchema: {
            type: 'object',
            properties: { title: { type: 'string' }, url: { type: 'string' } },
            required: ['title', 'url'],
          },
          call: (input, { signal }) => {
            const title = stringOf(input, 'title')
            const url = `https://example.com/reports/${encodeURIComponent(title.toLowerCase())}`
            return later(Number(memberOf(input, 'seconds')) * 1000, { title, url }, signal)
          },
        },
        result: { title: 'Sales', url: 'https://example.com/reports/sales' },
      },
    ],
  },
  {
    id: 'price',
    title: 'Price, which fails',
    tools: [
      {
        tool: {
          name: 'price_get',
          description: 'Returns the price of an item. The service is down.',
          annotations: { readOnlyHint: true },
          inputSchema: {
            type: 'object',
            properties: { item: { type: 'string' } },
            required: ['item'],
            additionalProperties: false,
          },
          outputSchema: { type: 'object', properties: { eur: { type: 'number' } }, required: ['eur'] },
          call: async (_input, { signal }) => {
            await later(400, null, signal)
            throw new Error('503: the price service is down')
          },
        },
        result: { eur: 4.5 },
      },
    ],
  },
]
