// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { IDodoFeeRateModel } from "../../../localnet/contracts/DodoPool.sol";
import { DodoPrivatePool } from "../../../localnet/contracts/DodoPrivatePool.sol";
import { DodoStablePool } from "../../../localnet/contracts/DodoStablePool.sol";

/// @notice A stable pool that is put into a recorded state.
contract DodoStablePoolAtState is DodoStablePool {
    function setTargets(uint112 baseTarget, uint112 quoteTarget, uint32 r) external {
        (_BASE_TARGET_, _QUOTE_TARGET_, _RState_) = (baseTarget, quoteTarget, r);
    }
}

/// @notice A private pool that is put into a recorded state.
contract DodoPrivatePoolAtState is DodoPrivatePool {
    function setTargets(uint112 baseTarget, uint112 quoteTarget, uint32 r) external {
        (_BASE_TARGET_, _QUOTE_TARGET_, _RState_) = (baseTarget, quoteTarget, r);
    }
}

/// @notice A fee model that charges one trader alone, or everyone when that trader is address 0.
contract DodoTraderFee is IDodoFeeRateModel {
    address private immutable _TRADER;
    uint256 private immutable _RATE;

    constructor(address trader, uint256 rate) {
        (_TRADER, _RATE) = (trader, rate);
    }

    function getFeeRate(address trader) external view returns (uint256) {
        return _TRADER == address(0) || trader == _TRADER ? _RATE : 0;
    }
}

/// @notice The part of a pool that a borrower calls.
interface IDodoLender {
    function sellBase(address to) external returns (uint256);
    function flashLoan(uint256 baseAmount, uint256 quoteAmount, address assetTo, bytes calldata data) external;
}

/// @notice Borrows from a pool and gives back what it is told to.
contract DodoBorrower {
    struct Plan {
        address token;
        uint256 repay;
        bool reenter;
    }

    event Lent(string callback, address sender, uint256 baseAmount, uint256 quoteAmount);

    function borrow(IDodoLender pool, uint256 baseAmount, uint256 quoteAmount, Plan calldata plan) external {
        pool.flashLoan(baseAmount, quoteAmount, address(this), abi.encode(plan));
    }

    function DVMFlashLoanCall(address sender, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) external {
        emit Lent("DVM", sender, baseAmount, quoteAmount);
        _repay(data);
    }

    function DSPFlashLoanCall(address sender, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) external {
        emit Lent("DSP", sender, baseAmount, quoteAmount);
        _repay(data);
    }

    function DPPFlashLoanCall(address sender, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) external {
        emit Lent("DPP", sender, baseAmount, quoteAmount);
        _repay(data);
    }

    function _repay(bytes calldata data) private {
        Plan memory plan = abi.decode(data, (Plan));
        if (plan.reenter) IDodoLender(msg.sender).sellBase(address(this));
        IERC20(plan.token).transfer(msg.sender, plan.repay);
    }
}

/// @notice A contract to which the route proxy swaps: takes and gives what it is told to.
contract DodoSwapTarget {
    error Refused(uint256 amount);

    /// @notice Takes `amountIn` from the caller, who approved it, and pays it `amountOut`.
    function swap(IERC20 tokenIn, uint256 amountIn, IERC20 tokenOut, uint256 amountOut) external payable {
        if (amountIn > 0) tokenIn.transferFrom(msg.sender, address(this), amountIn);
        if (amountOut > 0) tokenOut.transfer(msg.sender, amountOut);
    }

    function refuse(uint256 amount) external pure {
        revert Refused(amount);
    }
}
