import { metrics } from '@opentelemetry/api'

/**
 * Counters, gauges and histograms under the names that dashboards use. A counter is a number in a map until somebody scrapes:
 * one addition on the hot path.
 */
const meter = metrics.getMeter('p2pmsg')

/** Values of one label; further ones are counted together, so that no stranger can grow a metric. */
const LABEL_VALUES_MAX = 64
const OTHER = 'other'

export type Counter = Readonly<{ add(count?: number, labelValue?: string): void; total(labelValue?: string): number }>

/** @param name without `_total`, which the exporter adds @param label the one label that tells its values apart */
export function counter(name: string, description: string, label?: string): Counter {
  const counts = new Map<string, number>()
  meter.createObservableCounter(name, { description }).addCallback((result) => {
    if (!label) result.observe(counts.get('') ?? 0)
    else for (const [value, count] of counts) result.observe(count, { [label]: value })
  })
  return {
    add(count = 1, labelValue = '') {
      const known = counts.get(labelValue)
      if (known !== undefined || counts.size < LABEL_VALUES_MAX) counts.set(labelValue, (known ?? 0) + count)
      else counts.set(OTHER, (counts.get(OTHER) ?? 0) + count)
    },
    total: (labelValue = '') => counts.get(labelValue) ?? 0,
  }
}

export type GaugeValue = Readonly<{ value: number; labels: Readonly<Record<string, string>> }>

/** @param read called at each scrape */
export function gauge(name: string, description: string, read: () => number | readonly GaugeValue[]): void {
  meter.createObservableGauge(name, { description }).addCallback((result) => {
    const now = read()
    if (typeof now === 'number') result.observe(now)
    else for (const { value, labels } of now) result.observe(value, labels)
  })
}

/** A counter that is kept elsewhere. @param read called at each scrape; no value may ever go down */
export function counted(name: string, description: string, read: () => readonly GaugeValue[]): void {
  meter.createObservableCounter(name, { description }).addCallback((result) => {
    for (const { value, labels } of read()) result.observe(value, labels)
  })
}

/** Seconds, from a tenth of a millisecond to ten seconds. */
export const SECONDS_BUCKETS: readonly number[] = [1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]

export type Histogram = Readonly<{ record(value: number): void }>

export function histogram(
  name: string,
  description: string,
  boundaries: readonly number[] = SECONDS_BUCKETS,
): Histogram {
  const instrument = meter.createHistogram(name, {
    description,
    advice: { explicitBucketBoundaries: [...boundaries] },
  })
  return { record: (value) => instrument.record(value) }
}
