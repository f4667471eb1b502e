import { later, stringOf, type SampleTool } from './sample-tool.ts'

const skies = ['sunny', 'cloudy', 'rainy', 'windy'] as const

/** A forecast that depends on the name of the city only. */
export const weatherTools: readonly SampleTool[] = [
  {
    tool: {
      name: 'weather_forecast',
      description: 'Returns the weather of tomorrow in a city.',
      annotations: { readOnlyHint: true },
      inputSchema: {
        type: 'object',
        properties: { city: { type: 'string', description: 'Name of the city, such as Oslo' } },
        required: ['city'],
        additionalProperties: false,
      },
      outputSchema: {
        type: 'object',
        properties: { city: { type: 'string' }, celsius: { type: 'number' }, sky: { enum: skies } },
        required: ['city', 'celsius', 'sky'],
      },
      call: (input, { signal }) => {
        const city = stringOf(input, 'city')
        const sum = Array.from(city, (character) => character.codePointAt(0) ?? 0).reduce((all, unit) => all + unit, 0)
        return later(300 + (sum % 7) * 100, { city, celsius: (sum % 36) - 3, sky: skies[sum % skies.length] }, signal)
      },
    },
    result: { city: 'Oslo', celsius: 21, sky: 'sunny' },
  },
]
