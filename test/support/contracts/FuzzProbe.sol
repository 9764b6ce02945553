// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

interface IBalance {
    function balanceOf(address account) external view returns (uint256);
}

/// @title FuzzProbe
/// @notice Trades in one call: brings a pool into a state, reads it, swaps, and reads it again.
contract FuzzProbe {
    struct Call {
        address target;
        bytes data;
    }

    struct Result {
        bool success;
        bytes data;
    }

    /// @notice What a swap did to a pool.
    struct Outcome {
        uint256 timestamp;
        Result[] before;
        /// @dev What the router returned or reverted with.
        Result swap;
        /// @dev How much of `tokenOut` arrived.
        uint256 received;
        Result[] afterwards;
    }

    /// @notice Thrown when a step that leads to the state reverts.
    error StepFailed(uint256 index, bytes reason);

    /// @notice Emitted between the steps and the swap.
    event Reached();

    /// @notice Emitted after the swap, for transactions, which return nothing.
    event Performed(Outcome outcome);

    /// @notice Makes `steps`, all of which must succeed, then `reads`, the swap, and `reads` again.
    function perform(
        Call[] calldata steps,
        Call[] calldata reads,
        Call calldata swap,
        address tokenOut
    ) external returns (Outcome memory outcome) {
        for (uint256 i = 0; i < steps.length; ++i) {
            (bool success, bytes memory reason) = steps[i].target.call(steps[i].data);
            if (!success) revert StepFailed(i, reason);
        }
        emit Reached();
        outcome.timestamp = block.timestamp;
        outcome.before = _read(reads);
        if (tokenOut == address(0)) return outcome;
        uint256 held = IBalance(tokenOut).balanceOf(address(this));
        (outcome.swap.success, outcome.swap.data) = swap.target.call(swap.data);
        outcome.received = IBalance(tokenOut).balanceOf(address(this)) - held;
        outcome.afterwards = _read(reads);
        emit Performed(outcome);
    }

    function _read(Call[] calldata reads) private returns (Result[] memory results) {
        results = new Result[](reads.length);
        for (uint256 i = 0; i < reads.length; ++i) {
            (results[i].success, results[i].data) = reads[i].target.call(reads[i].data);
        }
    }
}
