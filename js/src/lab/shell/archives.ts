/** Files `.batchgen` open as galleries. The server reads them, and the page asks it for what is on screen. */

import { ILayoutRestorer } from "@jupyterlab/application";
import { WidgetTracker } from "@jupyterlab/apputils";
import { ABCWidgetFactory, type DocumentRegistry, DocumentWidget, TextModelFactory } from "@jupyterlab/docregistry";
import type { Contents } from "@jupyterlab/services";
import { Frame } from "./frame";
import { batchesIcon } from "./icon";
import { labPlugin } from "./plugin";
import { serverPath } from "./sources";
import { IViews } from "./tokens";

const NAME = "batchgen";
const FACTORY = "Batch Gallery";

export const archives = labPlugin({
  name: "archives",
  description: "Opens exported batches (.batchgen) as galleries.",
  needs: [IViews],
  uses: [ILayoutRestorer],
  activate: ({ app, trans }, [views], [restorer]) => {
    /**
     * A document without content: where the format is null, JupyterLab asks the server for the file's name and date only. As one that
     * others may edit it is never saved from here, and gets no checkpoint, which would be a copy of the whole file.
     */
    class ArchiveModels extends TextModelFactory {
      override get name(): string {
        return NAME;
      }
      override get fileFormat(): Contents.FileFormat {
        return null;
      }
      override createNew(options?: Parameters<TextModelFactory["createNew"]>[0]): DocumentRegistry.ICodeModel {
        return super.createNew({ ...options, collaborationEnabled: true });
      }
    }

    class ArchiveWidgets extends ABCWidgetFactory<DocumentWidget<Frame>, DocumentRegistry.ICodeModel> {
      protected override createNewWidget(context: DocumentRegistry.CodeContext): DocumentWidget<Frame> {
        const { contents } = app.serviceManager;
        const frame = new Frame((root, lifetime) => {
          const drive = contents.driveName(context.path);
          const refusal = trans.__("it is on the drive %1; only files of the Jupyter server can be shown.", drive);
          const path = serverPath(drive, contents.localPath(context.path), refusal);
          return views.draw({ kind: "archive", path }, root, lifetime);
        }, trans);
        const widget = new DocumentWidget({ content: frame, context });
        widget.toolbar.hide();
        widget.title.icon = batchesIcon;
        frame.node.setAttribute("aria-label", trans.__("Batch Gallery"));
        context.pathChanged.connect(() => frame.redraw());
        return widget;
      }
    }

    const { docRegistry } = app;
    docRegistry.addFileType({
      name: NAME,
      displayName: trans.__("Exported Batches"),
      extensions: [".batchgen"],
      mimeTypes: ["application/zip"],
      contentType: "file",
      fileFormat: null,
      icon: batchesIcon,
    });
    docRegistry.addModelFactory(new ArchiveModels());
    const factory = new ArchiveWidgets({
      name: FACTORY,
      label: trans.__("Batch Gallery"),
      modelName: NAME,
      fileTypes: [NAME],
      defaultFor: [NAME],
      readOnly: true,
    });
    // The types of JupyterLab take an option that is undefined for one that is left out, ours do not.
    docRegistry.addWidgetFactory(factory as DocumentRegistry.WidgetFactory);
    const tracker = new WidgetTracker<DocumentWidget<Frame>>({ namespace: "batchgen-archives" });
    factory.widgetCreated.connect((_, widget) => {
      void tracker.add(widget);
      widget.context.pathChanged.connect(() => void tracker.save(widget));
    });
    void restorer?.restore(tracker, {
      command: "docmanager:open",
      args: ({ context }) => ({ path: context.path, factory: FACTORY }),
      name: ({ context }) => context.path,
    });
  },
});
