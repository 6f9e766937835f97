// Brings what tests/chart needs: helm and kubeconform, compiled, and the schemas of three Kubernetes minors. Wants Go.
import { bringChartTools } from './support/chart-tools.ts'

await bringChartTools((line) => process.stdout.write(`${line}\n`))
process.stdout.write('helm, kubeconform and the schemas are there\n')
