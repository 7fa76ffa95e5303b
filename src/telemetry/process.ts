import { performance } from 'node:perf_hooks'
import type { Meter } from '@opentelemetry/api'

/** What the process uses, under the names of OpenTelemetry's semantic conventions; read at each scrape. */
export function measureProcess(meter: Meter): void {
  meter
    .createObservableUpDownCounter('process.memory.usage', { unit: 'By', description: 'Resident memory' })
    .addCallback((result) => result.observe(process.memoryUsage.rss()))
  meter
    .createObservableCounter('process.cpu.time', { unit: 's', description: 'Processor time' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage()
      result.observe(user / 1e6, { 'cpu.mode': 'user' })
      result.observe(system / 1e6, { 'cpu.mode': 'system' })
    })
  meter
    .createObservableCounter('nodejs.eventloop.time', { unit: 's', description: 'Time that the event loop spent' })
    .addCallback((result) => {
      const { active, idle } = performance.eventLoopUtilization()
      result.observe(active / 1e3, { 'nodejs.eventloop.state': 'active' })
      result.observe(idle / 1e3, { 'nodejs.eventloop.state': 'idle' })
    })
}
