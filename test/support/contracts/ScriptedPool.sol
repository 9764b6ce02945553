// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title ScriptedPool
/// @notice A pool of Uniswap V3 that does in a swap what it was told before: it pays, makes prepared calls and answers,
/// whatever it is asked for.
contract ScriptedPool {
    using SafeERC20 for IERC20;

    struct Step {
        address target;
        bytes payload;
        /// @dev Whether the swap fails when the call does, with the same reason.
        bool required;
    }

    address private _token;
    uint256 private _amount;
    bytes private _answer;
    Step[] private _steps;

    /// @notice What each of the prepared calls answered.
    bool[] public succeeded;
    bytes[] public answers;

    /// @notice Sets what a swap pays its recipient, out of the pool's own balance.
    function setPayment(address token, uint256 amount) external {
        (_token, _amount) = (token, amount);
    }

    /// @notice Sets what a swap answers.
    function setAnswer(bytes calldata answer) external {
        _answer = answer;
    }

    function prepare(address target, bytes calldata payload, bool required) external {
        _steps.push(Step(target, payload, required));
    }

    function swap(address recipient, bool, int256, uint160, bytes calldata) external returns (int256, int256) {
        IERC20(_token).safeTransfer(recipient, _amount);
        for (uint256 i = 0; i < _steps.length; ++i) {
            Step storage step = _steps[i];
            (bool success, bytes memory answer) = step.target.call(step.payload);
            if (!success && step.required) _revertWith(answer);
            succeeded.push(success);
            answers.push(answer);
        }
        bytes memory result = _answer;
        assembly ("memory-safe") {
            return(add(result, 0x20), mload(result))
        }
    }

    /// @notice Makes a call now.
    function call(address target, bytes calldata payload) external {
        (bool success, bytes memory answer) = target.call(payload);
        if (!success) _revertWith(answer);
    }

    function _revertWith(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
