"""PyTorch, eager or in CUDA graphs, on the CPU or on a GPU with cuDNN; see worker.py."""

import torch
from torch import nn
from torch.nn import functional

import worker


class Network(nn.Module):
    """The published network; without dropout the rates are 0."""

    def __init__(self, rates):
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(c, k, 3, padding=1) for c, k in ((1, 32), (32, 64), (64, 128)))
        self.hidden, self.logits = nn.Linear(2048, 128), nn.Linear(128, worker.CLASSES)
        self.rates = rates

    def drop(self, x, rate):
        return functional.dropout(x, rate, self.training) if rate else x

    def forward(self, x):
        for convolution, rate in zip(self.convolutions, self.rates):
            x = functional.leaky_relu(convolution(x), worker.SLOPE)
            x = self.drop(functional.max_pool2d(x, 2, ceil_mode=True), rate)
        x = functional.leaky_relu(self.hidden(x.flatten(1)), worker.SLOPE)
        return self.logits(self.drop(x, self.rates[-1]))


def graphed(step, inputs):
    """step(*inputs) as a CUDA graph: a function that copies new inputs in and runs it, and gives the result's place."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step(*inputs)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = step(*inputs)

    def run(*new):
        for place, value in zip(inputs, new):
            place.copy_(value, non_blocking=True)
        graph.replay()
        return result
    return run


def main():
    given = worker.options(("device", ("cpu", "cuda")), ("layout", ("default", "channels-last")),
                           ("math", ("fp32", "tf32")), ("launch", ("eager", "graphs")))
    cuda = given.device == "cuda"
    torch.manual_seed(0)
    torch.set_num_threads(worker.processors())
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = given.math == "tf32"
    torch.backends.cudnn.benchmark = True
    layout = torch.channels_last if given.layout == "channels-last" else torch.contiguous_format
    network = Network(worker.RATES if given.model == "dropout" else (0,) * 4).to(given.device, memory_format=layout)
    count = worker.batches_of(given.batch)
    pictures = torch.randint(0, 256, (count, given.batch, 1, worker.SIDE, worker.SIDE), dtype=torch.uint8)
    labels = torch.randint(0, worker.CLASSES, (count, given.batch))

    if given.mode == "train":
        # The data stay on the device.
        x = [batch.to(given.device).float().div(255).contiguous(memory_format=layout) for batch in pictures]
        y = list(labels.to(given.device))
        adam = torch.optim.Adam(network.parameters(), worker.LEARNING_RATE, eps=worker.EPSILON, fused=True,
                                capturable=cuda and given.launch == "graphs")

        def step(images, classes):
            adam.zero_grad(set_to_none=True)
            functional.cross_entropy(network(images), classes).backward()
            adam.step()

        inputs, run = (x, y), step
        if given.launch == "graphs":
            run = graphed(step, (x[0].clone(memory_format=torch.preserve_format), y[0].clone()))
    else:
        network.eval()

        def predict(images):
            if cuda:
                images = images.float().div(255).contiguous(memory_format=layout)
            return functional.softmax(network(images), 1)

        if not cuda:
            inputs = ([batch.float().div(255).contiguous(memory_format=layout) for batch in pictures],)
            run = predict
        else:
            # From the host's memory to the host's memory, as a user has pictures and wants probabilities.
            inputs = (list(pictures.pin_memory()),)
            answers = torch.empty((given.batch, worker.CLASSES)).pin_memory()
            forward = predict
            if given.launch == "graphs":
                with torch.no_grad():
                    forward = graphed(predict, (pictures[0].cuda(),))

            def run(images):
                images = images if given.launch == "graphs" else images.cuda(non_blocking=True)
                answers.copy_(forward(images), non_blocking=True)
                torch.cuda.current_stream().synchronize()

    at = 0

    def work(n):
        nonlocal at
        with torch.inference_mode(given.mode == "infer") if given.launch == "eager" else torch.no_grad() \
                if given.mode == "infer" else torch.enable_grad():
            for _ in range(n):
                run(*(each[at] for each in inputs))
                at = (at + 1) % count

    about = {"version": f"PyTorch {torch.__version__}", "device": "cpu"}
    if cuda:
        about["version"] += f", cuDNN {torch.backends.cudnn.version()}"
        about["device"] = torch.cuda.get_device_name()
    else:
        about["version"] += f", {torch.backends.cpu.get_cpu_capability()}"
    worker.serve(given, work, torch.cuda.synchronize if cuda else lambda: None, about)


if __name__ == "__main__":
    main()
