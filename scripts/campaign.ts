// The fault campaigns:
//   npm run campaign -- --minutes 60 --seed 1
//   npm run campaign -- --fleet --minutes 30
await import(process.argv.includes('--fleet') ? './fleet-campaign.ts' : './fault-campaign.ts')
