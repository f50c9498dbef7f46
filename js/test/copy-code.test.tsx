import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import { expectAccessible, openPanel } from "./mountConfig";

const CODE = 'import batchgen_widgets as bg\n\nsession = bg.BatchSession(poster, project="<b>&amp;</b>")\n';
const button = () => page.getByRole("button", { name: "Copy as code" });
const dialog = () => page.getByRole("dialog", { name: "These settings as code" });

function clipboard(answer: () => Promise<void>) {
  return vi.spyOn(navigator.clipboard, "writeText").mockImplementation(answer);
}

const denied = () => clipboard(() => Promise.reject(new DOMException("no", "NotAllowedError")));

afterEach(() => {
  vi.restoreAllMocks();
});

describe("Copy as code", () => {
  it("copies the code and says so", async () => {
    const written = clipboard(() => Promise.resolve());
    const { kernel } = openPanel();
    kernel.on("code.get", () => ({ code: CODE }));
    await button().click();
    await expect.element(page.getByText("Copied. Paste it into a cell or a script.")).toBeVisible();
    expect(written).toHaveBeenCalledExactlyOnceWith(CODE);
    expect(page.getByRole("dialog").query()).toBeNull();
    await expect.element(button()).toHaveFocus();
  });

  it("sends what is being typed first", async () => {
    clipboard(() => Promise.resolve());
    const { kernel } = openPanel();
    kernel.on("code.get", () => ({ code: CODE }));
    const prompt = page.getByRole("textbox", { name: "Prompt", exact: true });
    await prompt.fill("a heron");
    await button().click();
    await expect.element(page.getByText("Copied.", { exact: false })).toBeVisible();
    const methods = kernel.requests.map(({ method }) => method);
    expect(methods.indexOf("settings.update")).toBeGreaterThan(-1);
    expect(methods.indexOf("settings.update")).toBeLessThan(methods.indexOf("code.get"));
  });

  it("shows the code where the page may not use the clipboard", async () => {
    denied();
    const { kernel } = openPanel();
    kernel.on("code.get", () => ({ code: CODE }));
    await button().click();
    const field = dialog().getByRole("textbox");
    await expect.element(field).toHaveValue(CODE);
    await expect.element(field).toHaveFocus();
    const area = field.element() as HTMLTextAreaElement;
    expect(area.value.slice(area.selectionStart, area.selectionEnd)).toBe(CODE);
    await userEvent.keyboard("{Escape}");
    await expect.element(dialog()).not.toBeInTheDocument();
    await expect.element(button()).toHaveFocus();
  });

  it("copies from the dialog by the old way, and says when that is not allowed either", async () => {
    denied();
    const { kernel } = openPanel();
    kernel.on("code.get", () => ({ code: CODE }));
    await button().click();
    const old = vi.spyOn(document, "execCommand").mockReturnValueOnce(false).mockReturnValueOnce(true);
    await dialog().getByRole("button", { name: "Copy" }).click();
    await expect.element(dialog().getByRole("status")).toHaveTextContent("Not allowed here. Press Ctrl+C");
    await dialog().getByRole("button", { name: "Copy" }).click();
    await expect.element(dialog().getByRole("status")).toHaveTextContent("Copied.");
    expect(old).toHaveBeenCalledWith("copy");
  });

  it("says why there is no code", async () => {
    const { kernel } = openPanel();
    kernel.on("code.get", () => {
      throw new Error("the session is closed");
    });
    await button().click();
    await expect.element(page.getByText("Not copied: the session is closed")).toBeVisible();
  });

  it("is accessible, closed and open", async () => {
    denied();
    const { root, kernel } = openPanel();
    kernel.on("code.get", () => ({ code: CODE }));
    await expectAccessible(root);
    await button().click();
    await expect.element(dialog()).toBeVisible();
    await expectAccessible(root);
  });
});
