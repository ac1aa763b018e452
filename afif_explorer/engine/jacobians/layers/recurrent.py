"""Recurrent layers unrolled into linear layers and elementwise functions, one step of the sequence at a time.

torch's fused kernels support neither forward-mode nor, on a GPU, second derivatives, and hide the linear
layers inside. The unrolled layers compute the same numbers with ``F.linear``, which can be traced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

State = tuple[Tensor, ...]  # the hidden state [n, h]; for an LSTM also the cell state
Step = Callable[[Tensor, Tensor, State], State]  # from W_i x + b_i, W_h h + b_h and the state


def _lstm(x: Tensor, h: Tensor, state: State) -> State:
    i, f, g, o = (x + h).chunk(4, -1)
    cell = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(cell), cell


def _gru(x: Tensor, h: Tensor, state: State) -> State:
    (x_reset, x_update, x_new), (h_reset, h_update, h_new) = x.chunk(3, -1), h.chunk(3, -1)
    reset, update = torch.sigmoid(x_reset + h_reset), torch.sigmoid(x_update + h_update)
    new = torch.tanh(x_new + reset * h_new)
    return ((1 - update) * new + update * state[0],)


def _tanh(x: Tensor, h: Tensor, state: State) -> State:
    return (torch.tanh(x + h),)


def _relu(x: Tensor, h: Tensor, state: State) -> State:
    return (torch.relu(x + h),)


STEPS: dict[str, Step] = {"LSTM": _lstm, "GRU": _gru, "RNN_TANH": _tanh, "RNN_RELU": _relu}


class _Unrolled(nn.RNNBase):
    """The forward pass of ``nn.LSTM``, ``nn.GRU`` and ``nn.RNN``."""

    def flatten_parameters(self) -> None:
        """There is no fused kernel to prepare for."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        if input.ndim != 3:
            return super().forward(input, hx)
        rows = input if self.batch_first else input.transpose(0, 1)
        outputs, state = self._layers(rows, self._first(rows, hx), None)
        return outputs if self.batch_first else outputs.transpose(0, 1), self._last(state)

    def _packed(self, packed: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        rows, lengths = pad_packed_sequence(packed, batch_first=True)
        outputs, state = self._layers(rows, self._first(rows, hx), lengths.to(rows.device))
        ordered = packed.sorted_indices is None
        again = pack_padded_sequence(outputs, lengths, batch_first=True, enforce_sorted=ordered)
        return again, self._last(state)

    def _first(self, rows: Tensor, hx: Any) -> State:
        """The initial states, each ``[layers x directions, n, h]``."""
        if hx is not None:
            return tuple(hx) if self.mode == "LSTM" else (hx,)
        count = self.num_layers * (1 + self.bidirectional)
        hidden = rows.new_zeros(count, len(rows), self.proj_size or self.hidden_size)
        if self.mode != "LSTM":
            return (hidden,)
        return hidden, rows.new_zeros(count, len(rows), self.hidden_size)

    def _last(self, state: State) -> Any:
        return state if self.mode == "LSTM" else state[0]

    def _layers(self, rows: Tensor, state: State, lengths: Tensor | None) -> tuple[Tensor, State]:
        """All layers on rows ``[n, T, i]``: the outputs ``[n, T, o]`` and the last states."""
        found: list[State] = []
        for layer in range(self.num_layers):
            outputs = []
            for backward in range(1 + self.bidirectional):
                place = len(found)
                own = tuple(part[place] for part in state)
                suffix = f"_l{layer}" + "_reverse" * backward
                output, last = self._sequence(rows, own, lengths, suffix, bool(backward))
                outputs.append(output)
                found.append(last)
            rows = torch.cat(outputs, -1) if len(outputs) > 1 else outputs[0]
            if layer + 1 < self.num_layers:
                rows = F.dropout(rows, self.dropout, self.training)
        return rows, tuple(torch.stack(part) for part in zip(*found, strict=True))

    def _sequence(
        self, rows: Tensor, state: State, lengths: Tensor | None, suffix: str, backward: bool
    ) -> tuple[Tensor, State]:
        """One layer in one direction: its outputs at every step, and the last state."""
        into = self._linear(rows, "ih", suffix)
        inputs = into.unbind(1)
        outputs: list[Tensor] = []
        order = range(len(inputs))
        for t in reversed(order) if backward else order:
            moved = self._step(inputs[t], state, suffix)
            if lengths is not None:  # a sequence that is over, or has not begun, keeps its state
                live = (t < lengths)[:, None]
                moved = tuple(
                    torch.where(live, new, old) for new, old in zip(moved, state, strict=True)
                )
            state = moved
            outputs.append(state[0])
        return torch.stack(outputs[::-1] if backward else outputs, 1), state

    def _step(self, x: Tensor, state: State, suffix: str) -> State:
        h = self._linear(state[0], "hh", suffix)
        moved = STEPS[self.mode](x, h, state)
        if not self.proj_size:
            return moved
        return F.linear(moved[0], getattr(self, f"weight_hr{suffix}")), *moved[1:]

    def _linear(self, x: Tensor, which: str, suffix: str) -> Tensor:
        bias = getattr(self, f"bias_{which}{suffix}") if self.bias else None
        return F.linear(x, getattr(self, f"weight_{which}{suffix}"), bias)


class OpenLSTM(_Unrolled, nn.LSTM):
    """``nn.LSTM``, unrolled."""


class OpenGRU(_Unrolled, nn.GRU):
    """``nn.GRU``, unrolled."""


class OpenRNN(_Unrolled, nn.RNN):
    """``nn.RNN``, unrolled."""


class _UnrolledCell(nn.modules.rnn.RNNCellBase):
    """The forward pass of ``nn.LSTMCell``, ``nn.GRUCell`` and ``nn.RNNCell``."""

    mode: str

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        several = self.mode == "LSTM"
        if hx is None:
            zeros = input.new_zeros(*input.shape[:-1], self.hidden_size)
            hx = (zeros, zeros) if several else zeros
        state = tuple(hx) if several else (hx,)
        x = F.linear(input, self.weight_ih, self.bias_ih)
        h = F.linear(state[0], self.weight_hh, self.bias_hh)
        moved = STEPS[self.mode](x, h, state)
        return moved if several else moved[0]


class OpenLSTMCell(_UnrolledCell, nn.LSTMCell):
    """``nn.LSTMCell``, unrolled."""

    mode = "LSTM"


class OpenGRUCell(_UnrolledCell, nn.GRUCell):
    """``nn.GRUCell``, unrolled."""

    mode = "GRU"


class OpenRNNCell(_UnrolledCell, nn.RNNCell):
    """``nn.RNNCell``, unrolled."""

    @property
    def mode(self) -> str:  # type: ignore[override]
        return f"RNN_{self.nonlinearity.upper()}"


UNROLLED: Sequence[tuple[type[nn.Module], type[nn.Module]]] = (
    (nn.LSTM, OpenLSTM),
    (nn.GRU, OpenGRU),
    (nn.RNN, OpenRNN),
    (nn.LSTMCell, OpenLSTMCell),
    (nn.GRUCell, OpenGRUCell),
    (nn.RNNCell, OpenRNNCell),
)
