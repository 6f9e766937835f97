// Volumes as folders of this machine, with the owners and modes that a kubelet gives them for a pod's fsGroup.
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A volume that the pod's group may write: once for each name, as a volume is shared by a pod's containers. */
export async function aFolderFor(root: string, pod: string, volume: string, group: number): Promise<string> {
  const path = join(root, pod, volume)
  await mkdir(path, { recursive: true })
  await chown(path, 0, group)
  await chmod(path, 0o2775)
  return path
}

/** Files of Secrets and ConfigMaps: root's, readable by the pod's group. */
export async function filesInto(
  folder: string,
  files: Readonly<Record<string, string>>,
  mode: number,
  group: number,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    await writeFile(path, content)
    await chown(path, 0, group)
    await chmod(path, mode)
  }
}
